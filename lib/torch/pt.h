/* pt.h: what the parts of the PyTorch file reader and writer share: tensor sizes, and one interface
 * to the two containers.
 *
 *   pt.c          entry: finds the format by content, builds the tree, gathers strided views from
 *                 storages
 *   pt_zip.c      reads and writes the container since PyTorch 1.6, through libzip
 *   pt_legacy.c   reads the stream of earlier versions
 *   pickle.c      the pickle machine; pickle_reduce.c: the globals it supports;
 *                 pickle_tree.c: its result as P2cValue
 *   pickle_write.c  writes a P2cValue as a pickle */
#ifndef P2C_IO_PT_H
#define P2C_IO_PT_H

#include "base/context.h"
#include "base/file.h"
#include "pickle.h"

enum {
    P2C_PT_MAX_DEPTH = 100,       /* depth of containers in containers, for reading and writing */
    P2C_PT_MAX_PICKLE = 64 << 20, /* bytes of a pickle; PyTorch takes about 200 for a tensor */
    /* objects in a pickle, on its stack, in its memo, and in the tree made of it */
    P2C_PT_MAX_OBJECTS = 4 << 20,
};

/* ---- tensors: sizes, and data to be filled ---- */

size_t p2c_type_bytes(P2cType type);
/* Computes the number of elements and bytes of a contiguous tensor. Returns false when sizes are
 * negative or overflow. */
bool p2c_shape_bytes(P2cType type, P2cShape shape, size_t *count, size_t *bytes);
void *p2c_value_mutable_data(P2cValue *tensor);
/* A tensor over the caller's memory, which must outlive the value. Returns NULL when out of
 * memory. */
P2cValue *p2c_value_tensor_borrowed(P2cType type, P2cShape shape, const void *data);
/* True for valid UTF-8 without NUL, as every string of a tree must be. */
bool p2c_text_valid(const uint8_t *text, size_t size);

/* ---- reading ---- */

/* A tensor of the tree that waits for its bytes. */
typedef struct P2cFill {
    P2cValue *tensor; /* borrowed from the tree */
    const P2cTensorView *view;
} P2cFill;

typedef struct P2cFills {
    P2cFill *at;
    size_t count, capacity;
} P2cFills;

/* Makes the tree of `root` with zeroed tensors, and the list of what to fill them with (fills NULL:
 * None instead of tensors). max_bytes bounds the sum of tensors and strings, because a pickle of a
 * few bytes can name the same dict, or the same stretched tensor, millions of times. */
P2C_CHECKED P2cStatus p2c_pickle_tree(P2cPickle *pickle, const P2cPickled *root, uint64_t max_bytes,
                                      P2cFills *fills, P2cValue **out);

/* An open container. p2c_pt_zip_open or p2c_pt_legacy_open sets the fields of its kind. */
typedef struct P2cPtFile {
    P2cContext *ctx;
    const char *path;
    bool strict;        /* for zip: each member's local header must agree with the directory */
    FILE *stream;       /* NULL once libzip owns it */
    const void *memory; /* if not NULL, the stream reads the caller's memory */
    uint64_t size;
    P2cPickle pickle;  /* holds the storages that the tensors name */
    uint8_t *bytes;    /* the bytes of the pickle, which its strings are borrowed from */
    struct zip *zip;   /* for zip: the archive */
    char *folder;      /* for zip: its only folder, such as "archive/" */
    uint64_t *offsets; /* for legacy: the offset of each storage's bytes in the stream */
} P2cPtFile;

/* Both run the pickle and set *root, borrowed from file->pickle. p2c_pt_close must be called even
 * after a failure. */
P2C_CHECKED P2cStatus p2c_pt_zip_open(P2cPtFile *file, const P2cPickled **root);
P2C_CHECKED P2cStatus p2c_pt_legacy_open(P2cPtFile *file, const P2cPickled **root);
/* Reads the bytes of storage i, as many as its type and count say. */
P2C_CHECKED P2cStatus p2c_pt_zip_load(P2cPtFile *file, size_t i, void *data, size_t bytes);
P2C_CHECKED P2cStatus p2c_pt_legacy_load(P2cPtFile *file, size_t i, void *data, size_t bytes);
/* Unpacks every member to check it, and keeps nothing. */
P2C_CHECKED P2cStatus p2c_pt_zip_verify(P2cPtFile *file);
void p2c_pt_zip_close(P2cPtFile *file);

/* ---- writing ---- */

/* The pickle of a tree, and its tensors in the order of their numbers. The bytes of tensor i belong
 * into the member data/i. */
typedef struct P2cPickleText {
    uint8_t *bytes;
    size_t size, capacity;
    const P2cValue **tensors; /* borrowed from the tree */
    size_t tensor_count, tensor_capacity;
} P2cPickleText;

P2C_CHECKED P2cStatus p2c_pickle_write(P2cContext *ctx, const char *path, const P2cValue *value,
                                       P2cPickleText *text);
void p2c_pickle_text_clear(P2cPickleText *text);
P2C_CHECKED P2cStatus p2c_pt_zip_write(P2cContext *ctx, const char *path,
                                       const P2cPickleText *text);

#endif

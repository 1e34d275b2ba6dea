/* pt.h: what the parts of the PyTorch file reader and writer share: tensor sizes, and the two
 * containers behind one reader.
 *
 *   pt.c          entry: finds the format by content, builds the tree, gathers strided views from
 *                 storages
 *   pt_zip.c      the container since PyTorch 1.6, reading and writing; libzip
 *   pt_legacy.c   the stream before it, reading
 *   pickle.c      the pickle machine; pickle_reduce.c: what its fixed list of globals does;
 *                 pickle_tree.c: its result as P2cValue
 *   pickle_write.c  a P2cValue as pickle
 */
#ifndef P2C_IO_PT_H
#define P2C_IO_PT_H

#include "base/context.h"
#include "base/file.h"
#include "pickle.h"

enum {
    P2C_PT_MAX_DEPTH = 100,       /* containers within containers, reading and writing */
    P2C_PT_MAX_PICKLE = 64 << 20, /* bytes of pickle; PyTorch takes about 200 a tensor */
    /* values in a pickle, on its stack, in its memo, and in the tree made of it */
    P2C_PT_MAX_OBJECTS = 4 << 20,
};

/* ---- tensors: sizes, and data that may be filled ---- */

size_t p2c_type_bytes(P2cType type);
/* Bytes of a contiguous tensor, and of its elements; false when sizes are negative or overflow. */
bool p2c_shape_bytes(P2cType type, P2cShape shape, size_t *count, size_t *bytes);
void *p2c_value_mutable_data(P2cValue *tensor);
/* A tensor over the caller's memory, which must stay until the value is freed; NULL when memory is
 * out. */
P2cValue *p2c_value_tensor_borrowed(P2cType type, P2cShape shape, const void *data);
/* Valid UTF-8 without NUL, as every string of a tree must be. */
bool p2c_text_valid(const uint8_t *text, size_t size);

/* ---- reading ---- */

/* One tensor of the tree that waits for its bytes. */
typedef struct P2cFill {
    P2cValue *tensor; /* borrowed from the tree */
    const P2cTensorView *view;
} P2cFill;

typedef struct P2cFills {
    P2cFill *at;
    size_t count, capacity;
} P2cFills;

/* The tree of `root`, with zeroed tensors, and the list of what to fill them with (NULL: None in
 * place of tensors). max_bytes bounds tensors and strings together: a pickle of some bytes can name
 * the same dict, or the same stretched tensor, millions of times. */
P2C_CHECKED P2cStatus p2c_pickle_tree(P2cPickle *pickle, const P2cPickled *root, uint64_t max_bytes,
                                      P2cFills *fills, P2cValue **out);

/* A container, opened. Its own parts are set by p2c_pt_zip_open or p2c_pt_legacy_open. */
typedef struct P2cPtFile {
    P2cContext *ctx;
    const char *path;
    bool strict;        /* zip: members' own headers must say what the directory says, too */
    FILE *stream;       /* NULL once libzip owns it */
    const void *memory; /* not NULL: the stream reads this, the caller's */
    uint64_t size;
    P2cPickle pickle;  /* holds the storages that the tensors name */
    uint8_t *bytes;    /* that the pickle was read from, and borrows its strings from */
    struct zip *zip;   /* zip: the archive; */
    char *folder;      /* ... its one folder, such as "archive/" */
    uint64_t *offsets; /* legacy: where in the stream each storage's bytes are */
} P2cPtFile;

/* Read the pickle: *root is borrowed from file->pickle. What they opened is closed by p2c_pt_close,
 * also after a failure. */
P2C_CHECKED P2cStatus p2c_pt_zip_open(P2cPtFile *file, const P2cPickled **root);
P2C_CHECKED P2cStatus p2c_pt_legacy_open(P2cPtFile *file, const P2cPickled **root);
/* The bytes of storage i, as many as its type and count say. */
P2C_CHECKED P2cStatus p2c_pt_zip_load(P2cPtFile *file, size_t i, void *data, size_t bytes);
P2C_CHECKED P2cStatus p2c_pt_legacy_load(P2cPtFile *file, size_t i, void *data, size_t bytes);
/* Unpacks every member, of which nothing is kept. */
P2C_CHECKED P2cStatus p2c_pt_zip_verify(P2cPtFile *file);
void p2c_pt_zip_close(P2cPtFile *file);

/* ---- writing ---- */

/* The pickle of a tree, and its tensors in the order of their numbers: the bytes of tensor i belong
 * in the member data/i. */
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

/* pickle.h: reads Python pickles (protocols 2 to 4) of plain values and tensors, and runs no code.
 *
 * A pickle is a program for a stack machine. This machine supports a fixed list of instructions
 * (the table in pickle.c) and a fixed list of globals (the table in pickle_reduce.c); anything else
 * is an error that names it. It makes the objects below. They belong to the machine and are freed
 * all at once, so that objects that are shared or contain themselves do no harm. p2c_pickle_tree
 * makes the final tree of them. References: CPython's Lib/pickletools.py; PyTorch's torch/_utils.py
 * and torch/serialization.py for globals and persistent ids. */
#ifndef P2C_IO_PICKLE_H
#define P2C_IO_PICKLE_H

#include "base/context.h"

typedef enum P2cPickledKind {
    P2C_PICKLED_NONE,
    P2C_PICKLED_BOOL,
    P2C_PICKLED_INT,
    P2C_PICKLED_BIG, /* an integer of more than 64 bits; text holds its bytes, little-endian */
    P2C_PICKLED_FLOAT,
    P2C_PICKLED_TEXT,
    P2C_PICKLED_LIST,
    P2C_PICKLED_TUPLE,
    P2C_PICKLED_DICT, /* list holds key, value, key, value ... */
    P2C_PICKLED_GLOBAL,
    P2C_PICKLED_STORAGE,
    P2C_PICKLED_TENSOR,
} P2cPickledKind;

/* A part of a storage, in elements: [begin, begin + count). */
typedef struct P2cStorageView {
    size_t storage; /* index into P2cPickle.storages */
    int64_t begin, count;
} P2cStorageView;

/* Element (i0, i1, ...) is the storage's element offset + i0*stride[0] + i1*stride[1] + ...;
 * checked to lie inside it. */
typedef struct P2cTensorView {
    size_t storage;
    P2cType type;
    P2cShape shape;
    int64_t offset, stride[P2C_MAX_RANK];
} P2cTensorView;

typedef struct P2cPickled P2cPickled;
typedef struct P2cGlobal P2cGlobal;

typedef struct P2cText {
    const uint8_t *bytes; /* borrowed from the pickle, not terminated by a 0 */
    size_t size;
} P2cText;

struct P2cPickled {
    P2cPickledKind kind;
    P2cPickled *next; /* links all objects of a machine */
    union {
        int64_t integer; /* also the value of a BOOL */
        double real;
        P2cText text;
        struct {
            P2cPickled **items;
            size_t count, capacity;
        } list;
        const P2cGlobal *global;
        P2cStorageView view;
        P2cTensorView *tensor;
    };
};

/* A storage named by the pickle; its bytes are elsewhere in the file. */
typedef struct P2cStorage {
    P2cText key;
    P2cType type;
    int64_t count; /* elements; count * bytes of the type does not overflow */
} P2cStorage;

typedef struct P2cPickle {
    P2cContext *ctx;
    const char *path; /* the file's name, for error texts */
    P2cPickled *objects;
    /* item_count: number of items in all lists, tuples and dicts */
    size_t object_count, item_count;
    P2cPickled **stack, **memo;
    size_t stack_count, stack_capacity, memo_capacity, memo_count;
    size_t *marks; /* heights of the stack of objects */
    size_t mark_count, mark_capacity;
    const uint8_t *begin, *at, *end;
    P2cStorage *storages;
    size_t storage_count, storage_capacity;
    P2cValue *storage_index; /* dict from a storage's key to its index in storages */
} P2cPickle;

/* Runs the pickle at the start of data. *root is borrowed from the machine, texts are borrowed from
 * data. *used is the length of the pickle, STOP included. A machine can run once; it holds the
 * objects until p2c_pickle_clear. */
P2C_CHECKED P2cStatus p2c_pickle_run(P2cPickle *pickle, const uint8_t *data, size_t size,
                                     const P2cPickled **root, size_t *used);
void p2c_pickle_clear(P2cPickle *pickle);

/* ---- shared by pickle.c and pickle_reduce.c ---- */

P2C_CHECKED P2cStatus p2c_pickle_fail(P2cPickle *pickle, const char *what);
P2C_CHECKED P2cStatus p2c_pickle_new(P2cPickle *pickle, P2cPickledKind kind, P2cPickled **out);
P2C_CHECKED P2cStatus p2c_pickle_add(P2cPickle *pickle, P2cPickled *box, P2cPickled *item);
/* Finds an entry in the list of globals; refuses others by name. */
P2C_CHECKED P2cStatus p2c_pickle_global(P2cPickle *pickle, P2cText module, P2cText name,
                                        const P2cGlobal **out);
/* Evaluates callable(*args) for the supported callables. */
P2C_CHECKED P2cStatus p2c_pickle_reduce(P2cPickle *pickle, const P2cPickled *callable,
                                        P2cPickled *args, P2cPickled **out);
/* Makes the storage that a persistent id names. */
P2C_CHECKED P2cStatus p2c_pickle_persistent(P2cPickle *pickle, const P2cPickled *id,
                                            P2cPickled **out);
/* Copies a key into a buffer as C text. Fails when it has a NUL, is not UTF-8 or does not fit. */
P2C_CHECKED P2cStatus p2c_pickle_text(P2cPickle *pickle, P2cText text, size_t size, char *buffer);

#endif

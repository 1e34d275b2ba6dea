/* fields.h: saves the numbers of a struct in a dict of a checkpoint, by name, and loads them. One
 * table serves both, so that they cannot differ. */
#ifndef P2C_TRAIN_FIELDS_H
#define P2C_TRAIN_FIELDS_H

#include <stddef.h>

#include "p2cnn.h"

typedef enum FieldKind {
    FIELD_WHOLE, /* int64_t */
    FIELD_SMALL, /* int */
    FIELD_REAL,  /* double */
    FIELD_HASH,  /* uint64_t, kept as text, since an integer in a file has a sign */
} FieldKind;
typedef struct Field {
    const char *name;
    FieldKind kind;
    size_t offset;
} Field;

P2C_CHECKED P2cStatus fields_save(P2cValue *dict, const Field fields[], int count,
                                  const void *from);
/* 0, or EXIT_BAD_INPUT, reported: a number is missing, or of another type. */
int fields_load(const P2cValue *dict, const Field fields[], int count, void *to);

#endif

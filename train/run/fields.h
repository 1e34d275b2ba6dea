/* fields.h: numbers of a struct, by name in the dict of a checkpoint: a table, so that what is
 * saved and what is loaded cannot differ. */
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
/* 0, or EXIT_BAD_INPUT, reported: one is missing, or of another type. */
int fields_load(const P2cValue *dict, const Field fields[], int count, void *to);

#endif

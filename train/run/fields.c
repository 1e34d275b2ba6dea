/* fields.c: see fields.h. */
#include "fields.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli/cli.h"

static P2cValue *to_value(FieldKind kind, const void *field) {
    char text[24];
    switch (kind) {
    case FIELD_WHOLE: return p2c_value_int(*(const int64_t *)field);
    case FIELD_SMALL: return p2c_value_int(*(const int *)field);
    case FIELD_REAL: return p2c_value_float(*(const double *)field);
    case FIELD_HASH: break;
    }
    snprintf(text, sizeof text, "%016" PRIx64, *(const uint64_t *)field);
    return p2c_value_string(text);
}

static bool from_value(FieldKind kind, const P2cValue *value, void *field) {
    const char *text = value ? p2c_value_as_string(value) : NULL;
    if (!value) return false;
    switch (kind) {
    case FIELD_WHOLE:
        *(int64_t *)field = p2c_value_as_int(value);
        return p2c_value_kind(value) == P2C_INT;
    case FIELD_SMALL:
        *(int *)field = (int)p2c_value_as_int(value);
        return p2c_value_kind(value) == P2C_INT;
    case FIELD_REAL:
        *(double *)field = p2c_value_as_float(value);
        return p2c_value_kind(value) == P2C_FLOAT;
    case FIELD_HASH: break;
    }
    return text && sscanf(text, "%" SCNx64, (uint64_t *)field) == 1;
}

P2cStatus fields_save(P2cValue *dict, const Field fields[], int count, const void *from) {
    P2cStatus status = P2C_OK;
    for (int i = 0; !status && i < count; i++)
        status = p2c_value_set(dict, fields[i].name,
                               to_value(fields[i].kind, (const char *)from + fields[i].offset));
    return status;
}

int fields_load(const P2cValue *dict, const Field fields[], int count, void *to) {
    for (int i = 0; i < count; i++)
        if (!from_value(fields[i].kind, p2c_value_get(dict, fields[i].name),
                        (char *)to + fields[i].offset)) {
            complain("the checkpoint's p2cnn.%s is missing or not a number", fields[i].name);
            return EXIT_BAD_INPUT;
        }
    return 0;
}

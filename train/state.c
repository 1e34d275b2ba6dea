/* state.c: a table of fields, so that what is saved and what is loaded cannot differ. */
#include "state.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { FORMAT = 1 };

typedef enum FieldKind { WHOLE, SMALL, REAL, HASH } FieldKind;
static const struct { const char *name; FieldKind kind; size_t offset; } fields[] = {
    { "step", WHOLE, offsetof(RunState, step) },
    { "generator_updates", WHOLE, offsetof(RunState, generators) },
    { "discriminator_updates", WHOLE, offsetof(RunState, discriminators) },
    { "skipped_steps", WHOLE, offsetof(RunState, guard.skips) },
    { "skipped_1", WHOLE, offsetof(RunState, guard.skipped) },
    { "skipped_2", WHOLE, offsetof(RunState, guard.skipped) + sizeof(int64_t) },
    { "skipped_3", WHOLE, offsetof(RunState, guard.skipped) + 2 * sizeof(int64_t) },
    { "discriminators_won", WHOLE, offsetof(RunState, guard.won) },
    { "branch", SMALL, offsetof(RunState, branch) },
    { "seconds", REAL, offsetof(RunState, seconds) },
    { "best_kid", REAL, offsetof(RunState, best_kid) },
    { "best_step", WHOLE, offsetof(RunState, best_step) },
    { "pictures_A", WHOLE, offsetof(RunState, pictures) },
    { "pictures_B", WHOLE, offsetof(RunState, pictures) + sizeof(int64_t) },
    { "hash_A", HASH, offsetof(RunState, hashes) },
    { "hash_B", HASH, offsetof(RunState, hashes) + sizeof(uint64_t) },
};
enum { COUNT = sizeof fields / sizeof *fields };
_Static_assert(GUARD_SKIPS == 3, "one field each");

/* 64 bits without a sign are text, since an integer in a file has one. */
static P2cValue *to_value(FieldKind kind, const void *field) {
    char text[24];
    switch (kind) {
    case WHOLE: return p2c_value_int(*(const int64_t *)field);
    case SMALL: return p2c_value_int(*(const int *)field);
    case REAL: return p2c_value_float(*(const double *)field);
    case HASH: break;
    }
    snprintf(text, sizeof text, "%016" PRIx64, *(const uint64_t *)field);
    return p2c_value_string(text);
}

static bool from_value(FieldKind kind, const P2cValue *value, void *field) {
    const char *text = value ? p2c_value_as_string(value) : NULL;
    if (!value) return false;
    switch (kind) {
    case WHOLE: *(int64_t *)field = p2c_value_as_int(value); return p2c_value_kind(value) == P2C_INT;
    case SMALL: *(int *)field = (int)p2c_value_as_int(value); return p2c_value_kind(value) == P2C_INT;
    case REAL: *(double *)field = p2c_value_as_float(value); return p2c_value_kind(value) == P2C_FLOAT;
    case HASH: break;
    }
    return text && sscanf(text, "%" SCNx64, (uint64_t *)field) == 1;
}

P2cValue *state_save(const RunState *state, const Options *options) {
    P2cValue *dict = p2c_value_dict();
    if (!dict) return NULL;
    P2cStatus status = p2c_value_set(dict, "format", p2c_value_int(FORMAT));
    if (!status) status = p2c_value_set(dict, "version", p2c_value_string(p2c_version()));
    if (!status) status = p2c_value_set(dict, "options", options_save(options));
    if (!status) status = p2c_value_set(dict, "face_weights", p2c_value_string(state->face_weights));
    for (int i = 0; !status && i < COUNT; i++)
        status = p2c_value_set(dict, fields[i].name, to_value(fields[i].kind, (const char *)state + fields[i].offset));
    if (status) p2c_value_free(&dict);
    return dict;
}

int state_load(RunState *state, const P2cValue *p2cnn) {
    *state = (RunState){ 0 };
    const P2cValue *format = p2c_value_get(p2cnn, "format"), *face = p2c_value_get(p2cnn, "face_weights");
    if (!format) complain("this checkpoint was not made by p2c-train: it has no optimiser to go on with; start a new run from it with --pretrained_weights");
    else if (p2c_value_as_int(format) != FORMAT)
        complain("the checkpoint's format is %" PRId64 ", this program (%s) knows %d; was it made by a newer one?", p2c_value_as_int(format), p2c_version(), FORMAT);
    if (!format || p2c_value_as_int(format) != FORMAT) return EXIT_BAD_INPUT;
    for (int i = 0; i < COUNT; i++)
        if (!from_value(fields[i].kind, p2c_value_get(p2cnn, fields[i].name), (char *)state + fields[i].offset)) {
            complain("the checkpoint's p2cnn.%s is missing or no number", fields[i].name);
            return EXIT_BAD_INPUT;
        }
    if (face && p2c_value_as_string(face)) snprintf(state->face_weights, sizeof state->face_weights, "%s", p2c_value_as_string(face));
    return 0;
}

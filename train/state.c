/* state.c: see state.h. */
#include "state.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "run/fields.h"

enum { FORMAT = 1 };

static const Field fields[] = {
    { "step", FIELD_WHOLE, offsetof(RunState, step) },
    { "generator_updates", FIELD_WHOLE, offsetof(RunState, generators) },
    { "discriminator_updates", FIELD_WHOLE, offsetof(RunState, discriminators) },
    GUARD_FIELDS(RunState),
    { "discriminators_won", FIELD_WHOLE, offsetof(RunState, guard.won) },
    { "branch", FIELD_SMALL, offsetof(RunState, branch) },
    { "seconds", FIELD_REAL, offsetof(RunState, seconds) },
    { "best_kid", FIELD_REAL, offsetof(RunState, best_kid) },
    { "best_step", FIELD_WHOLE, offsetof(RunState, best_step) },
    { "pictures_A", FIELD_WHOLE, offsetof(RunState, pictures) },
    { "pictures_B", FIELD_WHOLE, offsetof(RunState, pictures) + sizeof(int64_t) },
    { "hash_A", FIELD_HASH, offsetof(RunState, hashes) },
    { "hash_B", FIELD_HASH, offsetof(RunState, hashes) + sizeof(uint64_t) },
};
enum { COUNT = sizeof fields / sizeof *fields };

P2cValue *state_save(const RunState *state, const Options *options) {
    P2cValue *dict = p2c_value_dict();
    if (!dict) return NULL;
    P2cStatus status = p2c_value_set(dict, "format", p2c_value_int(FORMAT));
    if (!status) status = p2c_value_set(dict, "version", p2c_value_string(p2c_version()));
    if (!status) status = p2c_value_set(dict, "options", options_save(options));
    if (!status)
        status = p2c_value_set(dict, "face_weights", p2c_value_string(state->face_weights));
    if (!status) status = fields_save(dict, fields, COUNT, state);
    if (status) p2c_value_free(&dict);
    return dict;
}

int state_load(RunState *state, const P2cValue *p2cnn) {
    *state = (RunState){ 0 };
    const P2cValue *format = p2c_value_get(p2cnn, "format"),
                   *face = p2c_value_get(p2cnn, "face_weights");
    if (!format)
        complain("this checkpoint was not made by p2c-train: it has no optimiser to go on with; "
                 "start a new run from it with --pretrained_weights");
    else if (p2c_value_as_int(format) != FORMAT)
        complain("the checkpoint's format is %" PRId64
                 ", this program (%s) knows %d; was it made by a newer one?",
                 p2c_value_as_int(format), p2c_version(), FORMAT);
    if (!format || p2c_value_as_int(format) != FORMAT) return EXIT_BAD_INPUT;
    if (fields_load(p2cnn, fields, COUNT, state)) return EXIT_BAD_INPUT;
    if (face && p2c_value_as_string(face))
        snprintf(state->face_weights, sizeof state->face_weights, "%s", p2c_value_as_string(face));
    return 0;
}

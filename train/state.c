/* state.c: see state.h. */
#include "state.h"

#include <stddef.h>
#include <stdio.h>

#include "run/fields.h"

static const CheckpointNetwork networks[] = {
    { "genA2B", NULL }, { "genB2A", NULL }, { "disGA", NULL },          { "disGB", NULL },
    { "disLA", NULL },  { "disLB", NULL },  { "genA2B_ema", "genA2B" }, { "genB2A_ema", "genB2A" },
};
const CheckpointNetworks state_networks = { networks, sizeof networks / sizeof *networks };

static const Field fields[] = {
    { "generator_updates", FIELD_WHOLE, offsetof(TrainState, generators) },
    { "discriminator_updates", FIELD_WHOLE, offsetof(TrainState, discriminators) },
    { "discriminators_won", FIELD_WHOLE, offsetof(TrainState, won) },
    { "pictures_A", FIELD_WHOLE, offsetof(TrainState, pictures) },
    { "pictures_B", FIELD_WHOLE, offsetof(TrainState, pictures) + sizeof(int64_t) },
    { "hash_A", FIELD_HASH, offsetof(TrainState, hashes) },
    { "hash_B", FIELD_HASH, offsetof(TrainState, hashes) + sizeof(uint64_t) },
};
enum { FIELDS = sizeof fields / sizeof *fields };
/* Missing in older checkpoints, whose best_step was chosen by best_kid: two numbers that cannot be
 * compared with a score. The first evaluation is then the best so far. */
static const Field best_fields[] = {
    { "best_score", FIELD_REAL, offsetof(TrainState, best_score) },
    { "best_step", FIELD_WHOLE, offsetof(TrainState, best_step) },
};
enum { BEST_FIELDS = sizeof best_fields / sizeof *best_fields };

P2cValue *state_save(const TrainState *state, const RunState *run, const Options *options) {
    P2cValue *dict = run_state_save(run, options_save(options));
    if (!dict) return NULL;
    P2cStatus status = p2c_value_set(dict, "face_weights", p2c_value_string(state->face_weights));
    if (!status) status = fields_save(dict, fields, FIELDS, state);
    if (!status) status = fields_save(dict, best_fields, BEST_FIELDS, state);
    if (status) p2c_value_free(&dict);
    return dict;
}

int state_load(TrainState *state, RunState *run, const P2cValue *p2cnn) {
    *state = (TrainState){ 0 };
    const P2cValue *face = p2c_value_get(p2cnn, "face_weights");
    int code = run_state_load(run, p2cnn);
    if (!code) code = fields_load(p2cnn, fields, FIELDS, state);
    if (!code && p2c_value_get(p2cnn, "best_score"))
        code = fields_load(p2cnn, best_fields, BEST_FIELDS, state);
    if (!code && face && p2c_value_as_string(face))
        snprintf(state->face_weights, sizeof state->face_weights, "%s", p2c_value_as_string(face));
    return code;
}

bool state_discriminators_won(TrainState *state, double d) {
    state->won = d < STATE_WON_BELOW ? state->won + 1 : 0;
    return state->won == STATE_WON;
}

/* state.c: see state.h. */
#include "state.h"

#include <stddef.h>

#include "../run/fields.h"
#include "step.h"

static const Field fields[] = {
    { "updates", FIELD_WHOLE, offsetof(FitState, updates) },
    { "best", FIELD_REAL, offsetof(FitState, best) },
    { "best_step", FIELD_WHOLE, offsetof(FitState, best_step) },
    { "portraits", FIELD_WHOLE, offsetof(FitState, portraits) },
    { "portraits_held_out", FIELD_WHOLE, offsetof(FitState, portraits) + sizeof(int64_t) },
};
enum { FIELDS = sizeof fields / sizeof *fields };

CheckpointNetworks fit_networks(FitTask task, CheckpointNetwork list[FIT_NETWORKS]) {
    list[0] = (CheckpointNetwork){ fit_name(task), NULL };
    list[1] = (CheckpointNetwork){ fit_average_name(task), fit_name(task) };
    return (CheckpointNetworks){ list, FIT_NETWORKS };
}

P2cValue *fit_state_save(const FitState *state, const RunState *run, const FitOptions *options) {
    P2cValue *dict = run_state_save(run, fit_options_save(options));
    if (!dict) return NULL;
    P2cStatus status = p2c_value_set(dict, "task", p2c_value_string(fit_name(options->task)));
    if (!status) status = fields_save(dict, fields, FIELDS, state);
    if (status) p2c_value_free(&dict);
    return dict;
}

int fit_state_load(FitState *state, RunState *run, const P2cValue *p2cnn) {
    *state = (FitState){ 0 };
    int code = run_state_load(run, p2cnn);
    if (code || p2c_value_get(p2cnn, "task"))
        return code ? code : fields_load(p2cnn, fields, FIELDS, state);
    complain("this checkpoint was not made by p2c-fit: it does not say what it learns");
    return EXIT_BAD_INPUT;
}

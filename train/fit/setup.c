/* setup.c: a run from its options, or from its newest checkpoint, and back into one. A run that
 * cannot begin leaves no folder behind. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../run/checkpoint.h"
#include "../run/fields.h"
#include "../run/text.h"
#include "series.h"
#include "trainer.h"
#include "weights.h"

/* ---- checkpoints: {"matte": dict, "matte_ema": dict, "p2cnn": {format, options, ...}} ---- */

enum { FORMAT = 1 };
static const Field fields[] = {
    { "step", FIELD_WHOLE, offsetof(FitState, step) },
    { "updates", FIELD_WHOLE, offsetof(FitState, updates) },
    GUARD_FIELDS(FitState),
    { "branch", FIELD_SMALL, offsetof(FitState, branch) },
    { "seconds", FIELD_REAL, offsetof(FitState, seconds) },
    { "best", FIELD_REAL, offsetof(FitState, best) },
    { "best_step", FIELD_WHOLE, offsetof(FitState, best_step) },
    { "portraits", FIELD_WHOLE, offsetof(FitState, portraits) },
    { "portraits_held_out", FIELD_WHOLE, offsetof(FitState, portraits) + sizeof(int64_t) },
};
enum { FIELDS = sizeof fields / sizeof *fields };

static P2cStatus add_state(const Fit *f, P2cValue *dict) {
    P2cValue *moments = NULL;
    P2cStatus status = p2c_value_set(dict, "format", p2c_value_int(FORMAT));
    if (!status) status = p2c_value_set(dict, "version", p2c_value_string(p2c_version()));
    if (!status) status = p2c_value_set(dict, "task", p2c_value_string(fit_name(f->options->task)));
    if (!status) status = p2c_value_set(dict, "options", fit_options_save(f->options));
    if (!status) status = fields_save(dict, fields, FIELDS, &f->state);
    if (!status) status = p2c_store_view_moments(f->store, "", &moments);
    return status ? status : p2c_value_set(dict, "moments", moments);
}

static P2cStatus add_network(const Fit *f, const char *name, P2cValue *tree) {
    P2cValue *dict = NULL;
    P2cStatus status = p2c_store_view(f->store, name, &dict);
    return status ? status : p2c_value_set(tree, name, dict);
}

int fit_save(Fit *f) {
    if (f->saved == f->state.step) return 0;
    P2cValue *tree = p2c_value_dict(), *dict = p2c_value_dict();
    f->state.updates = f->step.adam.step;
    P2cStatus status = tree && dict ? add_state(f, dict) : P2C_ERR_MEMORY;
    if (!status) {
        status = p2c_value_set(tree, "p2cnn", dict);
        dict = NULL;
    }
    if (!status) status = add_network(f, fit_name(f->options->task), tree);
    if (!status) status = add_network(f, fit_average_name(f->options->task), tree);
    p2c_value_free(&dict);
    ticker_hide(&f->ticker);
    if (status) {
        p2c_value_free(&tree);
        complain("step %" PRId64 " is not saved: %s", f->state.step,
                 status == P2C_ERR_MEMORY ? "out of memory" : p2c_error(f->ctx));
        return p2c_exit_code(status);
    }
    int code = checkpoint_write(f->ctx, &f->run, f->state.step, tree,
                                (CheckpointPolicy){ .keep = f->options->keep });
    if (!code) f->saved = f->state.step;
    return code;
}

int fit_state_load(FitState *state, const P2cValue *tree) {
    const P2cValue *dict = p2c_value_get(tree, "p2cnn"), *format = p2c_value_get(dict, "format");
    *state = (FitState){ 0 };
    if (format && p2c_value_as_int(format) == FORMAT && p2c_value_get(dict, "task"))
        return fields_load(dict, fields, FIELDS, state);
    complain("this checkpoint was not made by p2c-fit %s: it has no optimiser that could go on",
             p2c_version());
    return EXIT_BAD_INPUT;
}

int fit_restore(Fit *f, const P2cValue *tree) {
    const char *names[2] = { fit_name(f->options->task), fit_average_name(f->options->task) };
    P2cStatus status = P2C_OK;
    for (int i = 0; i < 2 && !status; i++)
        status = p2c_store_check(f->store, names[i], p2c_value_get(tree, names[i]));
    if (!status)
        status = p2c_store_load_moments(f->store, "",
                                        p2c_value_get(p2c_value_get(tree, "p2cnn"), "moments"));
    for (int i = 0; i < 2 && !status; i++)
        status = p2c_store_load(f->store, names[i], p2c_value_get(tree, names[i]));
    if (status) complain("the checkpoint cannot be loaded: %s", p2c_error(f->ctx));
    f->step.adam.step = f->state.updates;
    f->saved = f->state.step;
    return p2c_exit_code(status);
}

/* ---- opening --------------------------------------------------------------------------------- */

static int open_run(Fit *f) {
    const FitOptions *o = f->options;
    return rundir_open(&f->run, &(RunRequest){ .result_dir = o->result_dir,
                                               .name = o->run,
                                               .dataset = o->command,
                                               .resume = o->resume,
                                               .now = time(NULL) });
}

/* Before anything else is looked at: the checkpoint knows the options. */
static int find_checkpoint(Fit *f, P2cValue **tree) {
    FitOptions *o = f->options;
    int64_t step;
    int code = open_run(f);
    if (!code) code = checkpoint_find(f->ctx, &f->run, tree, &step);
    if (!code) code = fit_state_load(&f->state, *tree);
    if (code) return code;
    const char *task = p2c_value_as_string(p2c_value_get(p2c_value_get(*tree, "p2cnn"), "task"));
    if (task && !strcmp(task, o->command))
        return fit_options_resume(o, p2c_value_get(p2c_value_get(*tree, "p2cnn"), "options"));
    complain("%s is a run of '%.40s', not of %s", f->run.path, task ? task : "?", o->command);
    return EXIT_USAGE;
}

/* Other portraits would make the run one that nobody can repeat. */
static int open_data(Fit *f) {
    const FitOptions *o = f->options;
    FitDataOptions options = fit_options_data(o);
    int code = fit_data_open(&f->data, &options);
    if (code) return code;
    int64_t counts[2] = { fit_data_count(f->data, false), fit_data_count(f->data, true) };
    if (o->resume && memcmp(counts, f->state.portraits, sizeof counts)) {
        complain("%s: %" PRId64 " portraits to learn from and %" PRId64
                 " held out; the checkpoint had %" PRId64 " and %" PRId64,
                 o->portraits, counts[0], counts[1], f->state.portraits[0], f->state.portraits[1]);
        return EXIT_USAGE;
    }
    memcpy(f->state.portraits, counts, sizeof counts);
    say("portraits    %" PRId64 " to learn from, %" PRId64 " held out", counts[0], counts[1]);
    return fit_batches_open(&f->batches, f->data, o->task, o->batch, o->workers);
}

static int build(Fit *f) {
    const FitOptions *o = f->options;
    int code = report_status(f->ctx, p2c_store_new(&f->store, f->ctx, (uint64_t)o->seed));
    if (!code)
        code = report_status(f->ctx, fit_step_init(&f->step, f->ctx, f->store, o->task, o->batch));
    if (code) return code;
    f->pictures = calloc((size_t)o->batch, fit_picture_floats(o->task) * sizeof *f->pictures);
    f->targets = calloc((size_t)o->batch, fit_target_floats(o->task) * sizeof *f->targets);
    if (f->pictures && f->targets) return 0;
    complain("out of memory: a batch of samples; a smaller --batch needs less");
    return EXIT_MEMORY;
}

static int load_pretrained(Fit *f) {
    const FitOptions *o = f->options;
    FitTask task;
    P2cValue *tree = NULL;
    const P2cValue *weights;
    int code = fit_weights_read(f->ctx, o->pretrained_weights, &task, &tree, &weights);
    if (!code) code = report_status(f->ctx, p2c_store_load(f->store, fit_name(o->task), weights));
    if (!code)
        code = report_status(
            f->ctx, p2c_store_copy(f->store, fit_name(o->task), fit_average_name(o->task)));
    p2c_value_free(&tree);
    return code;
}

static int open_metrics(Fit *f) {
    char path[RUN_FILE + 16];
    snprintf(path, sizeof path, "%s/metrics.jsonl", f->run.path);
    return metrics_open(&f->metrics, f->ctx, path, &fit_series[f->options->task].metrics,
                        f->state.step);
}

/* Now, and not when the first weights are good enough to be kept. */
static int check_out(const char *out) {
    char folder[RUN_FILE];
    const char *slash = out ? strrchr(out, '/') : NULL;
    int length = slash && slash > out ? (int)(slash - out) : 1;
    if (!out) return 0;
    bool fits =
        snprintf(folder, sizeof folder, "%.*s", length, slash ? out : ".") < (int)sizeof folder;
    if (fits && !access(folder, W_OK | X_OK)) return 0;
    complain("--out %.300s: cannot write there: %s", out,
             fits ? strerror(errno) : "the path is too long");
    return EXIT_WRITE;
}

static int open_all(Fit *f, P2cValue **tree) {
    FitOptions *o = f->options;
    int code = device_open(&f->ctx, (DeviceChoice){ .device = o->device, .threads = o->threads });
    if (code) return code;
    say("p2c-fit %s, %s", p2c_version(), p2c_device_name(f->ctx));
    if (o->resume && (code = find_checkpoint(f, tree))) return code;
    if ((code = check_out(o->out)) || (code = open_data(f)) || (code = build(f))) return code;
    if (!o->resume && (code = open_run(f))) return code;
    if (*tree) code = fit_restore(f, *tree);
    else if (o->pretrained_weights) code = load_pretrained(f);
    if (code) return code;
    checkpoint_free(tree);
    say("%-12s %s parameters; %s", fit_name(o->task),
        text_count(report_parameters(f->store, fit_name(o->task))).s, fit_series[o->task].role);
    say("run folder   %s", f->run.path);
    /* The first checkpoint is there to go back to, and shows at once whether the disk takes it. */
    if (!o->resume && (code = fit_save(f))) return code;
    return open_metrics(f);
}

int fit_open(Fit *f) {
    P2cValue *tree = NULL;
    f->run.lock = -1;
    f->saved = f->measured = -1;
    int code = open_all(f, &tree);
    checkpoint_free(&tree);
    return code;
}

void fit_close(Fit *f) {
    metrics_close(&f->metrics);
    fit_batches_close(&f->batches);
    fit_data_close(&f->data);
    free(f->pictures);
    free(f->targets);
    fit_step_clear(&f->step);
    p2c_store_free(&f->store);
    if (f->saved < 0 && !f->options->resume) rundir_discard(&f->run);
    else rundir_close(&f->run);
    p2c_context_free(&f->ctx);
}

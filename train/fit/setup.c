/* setup.c: opens a run from its options, or from its newest checkpoint. A run that cannot begin
 * leaves no folder. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../run/text.h"
#include "series.h"
#include "trainer.h"
#include "weights.h"

/* ---- resuming -------------------------------------------------------------------------------- */

int fit_restore(Fit *f, const P2cValue *tree) {
    CheckpointNetwork list[FIT_NETWORKS];
    int code = checkpoint_load(f->run.ctx, f->store, fit_networks(f->options->task, list), tree);
    if (code) return code;
    f->step.adam.step = f->state.updates;
    f->run.saved = f->run.state.step;
    return 0;
}

static int open_run(Fit *f, P2cValue **tree) {
    const FitOptions *o = f->options;
    RunRequest request = { .result_dir = o->result_dir,
                           .name = o->run,
                           .dataset = o->command,
                           .resume = o->resume,
                           .now = time(NULL) };
    return run_open(&f->run, &request, tree);
}

/* Before anything else is looked at: the checkpoint knows the options. */
static int find_checkpoint(Fit *f, P2cValue **tree) {
    FitOptions *o = f->options;
    int code = open_run(f, tree);
    const P2cValue *p2cnn = p2c_value_get(*tree, "p2cnn");
    if (!code) code = fit_state_load(&f->state, &f->run.state, p2cnn);
    if (code) return code;
    const char *task = p2c_value_as_string(p2c_value_get(p2cnn, "task"));
    if (task && !strcmp(task, o->command))
        return fit_options_resume(o, p2c_value_get(p2cnn, "options"));
    complain("%s is a run of '%.40s', not of %s", f->run.dir.path, task ? task : "?", o->command);
    return EXIT_USAGE;
}

/* ---- opening --------------------------------------------------------------------------------- */

/* With other portraits the run could not be repeated. */
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

static int build_step(Fit *f) {
    const FitOptions *o = f->options;
    int code = report_status(f->run.ctx, p2c_store_new(&f->store, f->run.ctx, (uint64_t)o->seed));
    if (!code)
        code = report_status(f->run.ctx,
                             fit_step_init(&f->step, f->run.ctx, f->store, o->task, o->batch));
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
    int code = fit_weights_read(f->run.ctx, o->pretrained_weights, &task, &tree, &weights);
    if (!code)
        code = report_status(f->run.ctx, p2c_store_load(f->store, fit_name(o->task), weights));
    if (!code)
        code = report_status(
            f->run.ctx, p2c_store_copy(f->store, fit_name(o->task), fit_average_name(o->task)));
    p2c_value_free(&tree);
    return code;
}

/* Checked at once, not only when the first weights are written. */
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
    int code =
        device_open(&f->run.ctx, (DeviceChoice){ .device = o->device, .threads = o->threads });
    if (code) return code;
    say("p2c-fit %s, %s", p2c_version(), p2c_device_name(f->run.ctx));
    if (o->resume && (code = find_checkpoint(f, tree))) return code;
    if ((code = check_out(o->out)) || (code = open_data(f)) || (code = build_step(f))) return code;
    if (!o->resume && (code = open_run(f, tree))) return code;
    if (*tree) code = report_device(f->run.ctx, fit_restore(f, *tree));
    else if (o->pretrained_weights) code = load_pretrained(f);
    if (code) return code;
    checkpoint_free(tree);
    say("%-12s %s parameters; %s", fit_name(o->task),
        text_count(report_parameters(f->store, fit_name(o->task))).s, fit_series[o->task].role);
    say("run folder   %s", f->run.dir.path);
    /* A run can go back to the first checkpoint, and it shows at once whether the disk has
     * space. */
    if (!o->resume && (code = report_device(f->run.ctx, fit_save(f)))) return code;
    return run_open_metrics(&f->run, &fit_series[o->task].metrics, false);
}

int fit_open(Fit *f) {
    P2cValue *tree = NULL;
    f->run = run_nothing();
    f->measured = -1;
    int code = open_all(f, &tree);
    checkpoint_free(&tree);
    return code;
}

void fit_close(Fit *f) {
    fit_batches_close(&f->batches);
    fit_data_close(&f->data);
    free(f->pictures);
    free(f->targets);
    fit_step_clear(&f->step);
    p2c_store_free(&f->store);
    run_close(&f->run, f->options->resume);
}

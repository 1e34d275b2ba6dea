/* trainer.c: what p2c-fit does in the loop: a step on new samples, what is not finite in it, a
 * checkpoint, and the way back to one. */
#include "trainer.h"

#include <inttypes.h>
#include <math.h>

#include "../run/loop.h"

enum { BRANCH_SHIFT = 48 }; /* draws of a run: fewer than 2^48 */

/* Up along a line, then down along half a cosine.  Loshchilov 2017, without restarts */
double fit_rate(const FitOptions *o, int64_t step) {
    if (step < o->warmup) return o->lr * (double)step / (double)o->warmup;
    int64_t rest = o->steps - o->warmup;
    return rest > 0
               ? o->lr * (1 + cos(M_PI * fmin(1, (double)(step - o->warmup) / (double)rest))) / 2
               : o->lr;
}

/* ---- a step ---------------------------------------------------------------------------------- */

static int run_step(void *trainer) {
    Fit *f = trainer;
    const FitOptions *o = f->options;
    const RunState *run = &f->run.state;
    uint64_t first =
        ((uint64_t)run->branch << BRANCH_SHIFT) + (uint64_t)run->step * (uint64_t)o->batch;
    fit_batches_next(f->batches, false, first, f->pictures, f->targets);
    f->step.adam.lr = fit_rate(o, run->step + 1);
    f->step.decay = p2c_average_decay(o->ema, f->step.adam.step);
    return report_unless_device(f->run.ctx, fit_step_run(&f->step, f->pictures, f->targets));
}

static bool find_trouble(const void *trainer, char *text, size_t size) {
    const FitStep *step = &((const Fit *)trainer)->step;
    double loss = scalar_of(step->terms[FIT_LOSS]);
    if (isfinite(loss) && isfinite(scalar_of(step->squares))) return false;
    const char *tensor = p2c_nonfinite_gradient(step->squares);
    snprintf(text, size, "the loss is %g%s%s", loss,
             tensor ? ", and not finite is the gradient of " : "", tensor ? tensor : "");
    return true;
}

static void measure_step(void *trainer, double ms, bool skipped) {
    fit_measure_step(trainer, ms, skipped);
}

static int do_periodic(void *trainer) {
    Fit *f = trainer;
    return loop_due(f->run.state.step, f->options->val_every) ? fit_validate(f) : 0;
}

/* ---- saving and going back ------------------------------------------------------------------- */

int fit_save(Fit *f) {
    CheckpointNetwork list[FIT_NETWORKS];
    f->state.updates = f->step.adam.step;
    return run_save(&f->run, f->store, fit_networks(f->options->task, list),
                    fit_state_save(&f->state, &f->run.state, f->options),
                    (CheckpointPolicy){ .keep = f->options->keep });
}

static int save_checkpoint(void *trainer) { return fit_save(trainer); }

/* The best weights have a file of their own, and stay what they are. */
static int go_back(void *trainer, const P2cValue *tree) {
    Fit *f = trainer;
    FitState then;
    RunState run;
    int code = fit_state_load(&then, &run, p2c_value_get(tree, "p2cnn"));
    if (code) return code;
    f->run.state.step = run.step;
    f->state.updates = then.updates;
    return fit_restore(f, tree);
}

/* ---- the run --------------------------------------------------------------------------------- */

static int complete_run(void *trainer) {
    Fit *f = trainer;
    return f->measured != f->run.state.step ? fit_validate(f) : 0;
}

static void write_report(void *trainer, ReportState state, const char *note) {
    fit_report(trainer, state, note);
}

static void say_done(const void *trainer) {
    const Run *r = &((const Fit *)trainer)->run;
    say("done: step %" PRId64 "; how it went is in %s/report.html", r->state.step, r->dir.path);
}

static const LoopHooks hooks = {
    .data = "samples",
    .remedy = "a new --run with a lower --lr",
    .step = run_step,
    .find_trouble = find_trouble,
    .measure = measure_step,
    .periodic = do_periodic,
    .save = save_checkpoint,
    .go_back = go_back,
    .complete = complete_run,
    .report = write_report,
    .say_done = say_done,
};

int fit_run(Fit *f) {
    const FitOptions *o = f->options;
    LoopPlan plan = { .total = o->steps,
                      .last = loop_last(o->steps, o->max_steps),
                      .save_every = o->save_every };
    return loop_run(&f->run, &hooks, f, plan);
}

/* trainer.c: the loop: a batch, a step, what became of it, and now and then a measurement and a
 * checkpoint.
 *
 * What a step computes is decided by the checkpoint it starts from, the options and its number: so
 * a run that was stopped, or killed, goes on to the same bits as one that was not. */
#include "trainer.h"

#include <inttypes.h>
#include <math.h>

#include "../run/checkpoint.h"
#include "cli/stop.h"

enum { BRANCH_SHIFT = 48 }; /* draws of a run: fewer than 2^48 */

/* Up along a line, then down along half a cosine.  Loshchilov 2017, without restarts */
double fit_rate(const FitOptions *o, int64_t step) {
    if (step < o->warmup) return o->lr * (double)step / (double)o->warmup;
    int64_t rest = o->steps - o->warmup;
    return rest > 0
               ? o->lr * (1 + cos(M_PI * fmin(1, (double)(step - o->warmup) / (double)rest))) / 2
               : o->lr;
}

/* ---- going back ------------------------------------------------------------------------------ */

/* To the newest checkpoint, and from there with other samples: the same ones would lead to the same
 * place. What is counted over the whole run stays. */
static int roll_back(Fit *f) {
    P2cValue *tree = NULL;
    int64_t from = f->state.step;
    FitState then;
    ticker_hide(&f->ticker);
    int code = checkpoint_find(f->ctx, &f->run, &tree, &f->saved);
    if (!code) code = fit_state_load(&then, tree);
    if (!code) {
        f->state.step = then.step;
        f->state.updates = then.updates;
        f->state.branch++;
        guard_rolled_back(&f->state.guard);
        code = fit_restore(f, tree);
    }
    checkpoint_free(&tree);
    if (code || (code = metrics_rewind(f->metrics, f->state.step))) return code;
    fit_event(f,
              "%d steps out of %d were skipped: back from step %" PRId64 " to step %" PRId64
              ", with other samples from here",
              GUARD_SKIPS, GUARD_WINDOW, from, f->state.step);
    ticker_start(&f->ticker, f->state.step, f->ticker.total, now_ms());
    return 0;
}

/* ---- a step ---------------------------------------------------------------------------------- */

static bool is_finite(const Fit *f) {
    return isfinite(scalar_of(f->step.terms[FIT_LOSS])) && isfinite(scalar_of(f->step.squares));
}

static void say_trouble(Fit *f) {
    const char *tensor = p2c_nonfinite_gradient(f->step.squares);
    fit_event(f, "step %" PRId64 " skipped: the loss is %g%s%s", f->state.step,
              scalar_of(f->step.terms[FIT_LOSS]),
              tensor ? ", and not finite is the gradient of " : "", tensor ? tensor : "");
}

static int one_step(Fit *f, GuardVerdict *verdict) {
    const FitOptions *o = f->options;
    double start = now_ms();
    uint64_t first =
        ((uint64_t)f->state.branch << BRANCH_SHIFT) + (uint64_t)f->state.step * (uint64_t)o->batch;
    fit_batches_next(f->batches, false, first, f->pictures, f->targets);
    f->step.adam.lr = fit_rate(o, f->state.step + 1);
    f->step.decay = p2c_average_decay(o->ema, f->step.adam.step);
    int code = report_status(f->ctx, fit_step_run(&f->step, f->pictures, f->targets));
    if (code) return code;
    f->state.step++;
    double ms = now_ms() - start;
    f->state.seconds += ms / 1e3;
    bool finite = is_finite(f);
    *verdict = guard_step(&f->state.guard, f->state.step, finite);
    if (!finite) say_trouble(f);
    fit_measure_step(f, ms, !finite);
    return 0;
}

static bool due(int64_t step, int64_t every) { return step > 0 && step % every == 0; }

/* When the disk is full the run goes on: the older checkpoints are there. */
static int save_and_report(Fit *f) {
    /* first, so that no checkpoint is ahead of them */
    ticker_warn(&f->ticker, metrics_sync(f->metrics));
    int code = fit_save(f);
    if (code == EXIT_DEVICE) return code;
    if (code)
        fit_event(f,
                  "the checkpoint of step %" PRId64
                  " could not be written; the one of step %" PRId64 " is the newest",
                  f->state.step, f->saved);
    fit_report(f, REPORT_TRAINING, NULL);
    return 0;
}

static int periodic(Fit *f, int64_t last) {
    const FitOptions *o = f->options;
    int64_t step = f->state.step;
    bool calm = guard_is_calm(&f->state.guard, step);
    int code = due(step, o->val_every) ? fit_validate(f) : 0;
    return code || step == last || !due(step, o->save_every) || !calm ? code : save_and_report(f);
}

/* ---- the run --------------------------------------------------------------------------------- */

static int fail(Fit *f, int code, bool good) {
    ticker_hide(&f->ticker);
    if (good && code != EXIT_DEVICE) fit_save(f);
    fit_report(f, REPORT_STOPPED, "Stopped by a failure.");
    complain("stopped at step %" PRId64 "; the newest checkpoint is that of step %" PRId64
             ", from which --resume goes on",
             f->state.step, f->saved);
    return code;
}

static int diverge(Fit *f) {
    int code = roll_back(f);
    if (!code) {
        f->saved = -1; /* the same step, but with another branch of samples to go on with */
        code = fit_save(f);
    }
    fit_report(f, REPORT_DIVERGED, "Steps were skipped again after going back.");
    complain("diverged: went back twice; the newest checkpoint is that of step %" PRId64
             "; a new --run with a lower --lr may help",
             f->state.step);
    return code ? code : EXIT_DIVERGED;
}

/* The end of a run that did not fail: saved, measured if it is done, shown, said. */
static int finish(Fit *f, int64_t last) {
    const FitOptions *o = f->options;
    int number = stop_signal;
    bool stopped = f->state.step < last && number, done = f->state.step >= o->steps;
    int code = done && f->measured != f->state.step ? fit_validate(f) : 0;
    if (!code) code = fit_save(f);
    if (code) return fail(f, code, false);
    ticker_warn(&f->ticker, metrics_sync(f->metrics));
    fit_report(f, done ? REPORT_FINISHED : REPORT_STOPPED, stopped ? "Stopped by a signal." : NULL);
    if (stopped)
        ticker_say(&f->ticker,
                   "%s: stopped at step %" PRId64 "; --resume goes on from step %" PRId64,
                   stop_name(number), f->state.step, f->saved);
    else
        ticker_say(&f->ticker, "done: step %" PRId64 "; how it went is in %s/report.html",
                   f->state.step, f->run.path);
    return stopped ? 128 + number : 0;
}

int fit_run(Fit *f) {
    int64_t last = fit_options_last(f->options);
    GuardVerdict verdict = GUARD_GO;
    if (f->state.step >= last) {
        complain("this run is at step %" PRId64 " already, and was to end at %" PRId64,
                 f->state.step, last);
        return EXIT_USAGE;
    }
    ticker_start(&f->ticker, f->state.step, last, now_ms());
    while (f->state.step < last && !stop_signal) {
        int code = one_step(f, &verdict);
        if (code) return fail(f, code, true);
        if (verdict == GUARD_STOP) return diverge(f);
        bool back = verdict == GUARD_ROLL_BACK;
        code = back ? roll_back(f) : periodic(f, last);
        if (code) return fail(f, code, !back);
    }
    return finish(f, last);
}

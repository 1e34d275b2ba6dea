/* loop.c: see loop.h. */
#include "loop.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/stop.h"

const char run_exit_codes[] = "  0    done\n"
                              "  2    wrong usage\n"
                              "  3    bad input\n"
                              "  4    cannot write\n"
                              "  5    out of memory\n"
                              "  6    the device failed\n"
                              "  7    diverged: the losses are not finite\n"
                              "  130  stopped by Ctrl-C, after saving a checkpoint\n"
                              "  143  stopped by a signal, likewise\n";

typedef struct Loop {
    Run *run;
    const LoopHooks *hooks;
    void *trainer;
    LoopPlan plan;
    /* branched: it went back, and no checkpoint has the new branch yet */
    bool save_waits, branched;
    char trouble[256]; /* what the newest skipped step was skipped for */
} Loop;

int64_t loop_last(int64_t total, int64_t most) { return most && most < total ? most : total; }

bool loop_due(int64_t step, int64_t every) { return every && step > 0 && step % every == 0; }

/* ---- saving and going back ------------------------------------------------------------------- */

static int save_checkpoint(Loop *l) {
    if (l->run->saved == l->run->state.step && !l->branched) return 0;
    int code = l->hooks->save(l->trainer);
    if (!code) l->branched = false;
    return code;
}

/* A save that falls due. When the disk is full the run goes on: the older checkpoints are there. */
static int save_and_report(Loop *l) {
    Run *r = l->run;
    int code = save_checkpoint(l);
    if (code == EXIT_DEVICE) return code;
    if (code)
        run_event(r,
                  "the checkpoint of step %" PRId64
                  " could not be written; the one of step %" PRId64 " is the newest",
                  r->state.step, r->saved);
    if (r->board) ticker_warn(&r->ticker, tensorboard_sync(r->board));
    l->hooks->report(l->trainer, REPORT_TRAINING, NULL);
    return 0;
}

static int load_newest(Loop *l) {
    P2cValue *tree = NULL;
    int code = checkpoint_find(l->run->ctx, &l->run->dir, &tree, &l->run->saved);
    if (!code) code = l->hooks->go_back(l->trainer, tree);
    checkpoint_free(&tree);
    return code;
}

static int rewind_outputs(Run *r) {
    int code = metrics_rewind(r->metrics, r->state.step);
    if (!code && r->board)
        ticker_warn(&r->ticker, tensorboard_restart(r->board, r->state.step, tensorboard_clock()));
    return code;
}

/* To the newest checkpoint, and from there with other data: the same would lead to the same place.
 * What is counted over the whole run stays: skipped steps, time, branches. */
static int roll_back(Loop *l) {
    Run *r = l->run;
    int64_t from = r->state.step;
    ticker_hide(&r->ticker);
    int code = load_newest(l);
    if (code) return code;
    r->state.branch++;
    l->branched = true;
    guard_rolled_back(&r->state.guard);
    if ((code = rewind_outputs(r))) return code;
    run_event(r,
              "%d steps out of %d were skipped: back from step %" PRId64 " to step %" PRId64
              ", with other %s from here (%s)",
              GUARD_SKIPS, GUARD_WINDOW, from, r->state.step, l->hooks->data, l->trouble);
    ticker_start(&r->ticker, r->state.step, r->ticker.total, now_ms());
    l->save_waits = false;
    return 0;
}

/* ---- a step ---------------------------------------------------------------------------------- */

/* *verdict tells what to do about it. */
static int one_step(Loop *l, GuardVerdict *verdict) {
    Run *r = l->run;
    char text[200];
    double start = now_ms();
    int code = l->hooks->step(l->trainer);
    if (code) return code;
    r->state.step++;
    double ms = now_ms() - start;
    r->state.seconds += ms / 1e3;
    bool trouble = l->hooks->find_trouble(l->trainer, text, sizeof text);
    if (trouble) {
        snprintf(l->trouble, sizeof l->trouble, "step %" PRId64 " skipped: %s", r->state.step,
                 text);
        run_event(r, "%s", l->trouble);
    }
    *verdict = guard_step(&r->state.guard, r->state.step, !trouble);
    l->hooks->measure(l->trainer, ms, trouble);
    return 0;
}

/* What is done every so many steps. A checkpoint waits until no step before it was skipped for a
 * while, so that it is good to go back to. */
static int after_step(Loop *l) {
    const Run *r = l->run;
    int64_t step = r->state.step;
    int code = l->hooks->periodic(l->trainer);
    l->save_waits |= loop_due(step, l->plan.save_every) || loop_due(step, l->plan.milestone);
    if (code || !l->save_waits || step == l->plan.last || !guard_is_calm(&r->state.guard, step))
        return code;
    l->save_waits = false;
    return save_and_report(l);
}

/* ---- the end of a run ------------------------------------------------------------------------ */

/* Its device failed, and the weights were there: what is left of them is the newest checkpoint. */
static int lose_device(Loop *l) {
    Run *r = l->run;
    ticker_hide(&r->ticker);
    run_event(r,
              "%.300s; stopped at step %" PRId64 "; --resume goes on from step %" PRId64
              ", the newest checkpoint",
              p2c_error(r->ctx), r->state.step, r->saved);
    l->hooks->report(l->trainer, REPORT_STOPPED, "Stopped: the device failed.");
    return EXIT_DEVICE;
}

/* It cannot go on. What was done so far is worth saving, unless saving is what failed, or it is
 * what the run should have gone back from. */
static int fail_run(Loop *l, int code, bool worth_saving) {
    Run *r = l->run;
    ticker_hide(&r->ticker);
    if (code == EXIT_DEVICE || (worth_saving && save_checkpoint(l) == EXIT_DEVICE))
        return lose_device(l);
    l->hooks->report(l->trainer, REPORT_STOPPED, "Stopped by a failure.");
    complain("stopped at step %" PRId64 "; the newest checkpoint is that of step %" PRId64
             ", from which --resume goes on",
             r->state.step, r->saved);
    return code;
}

/* It went back as often as it may. */
static int end_diverged(Loop *l) {
    Run *r = l->run;
    int code = roll_back(l);
    if (!code) {
        /* the same step, but with another branch of data to go on with; when it cannot be written
         * again, it is still there as it was */
        code = save_checkpoint(l);
        r->saved = r->state.step;
    }
    if (code == EXIT_DEVICE) return lose_device(l);
    l->hooks->report(l->trainer, REPORT_DIVERGED, "Steps were skipped again after going back.");
    complain("diverged: went back twice; the newest checkpoint is that of step %" PRId64
             "; %s may help",
             r->saved, l->hooks->remedy);
    return code ? code : EXIT_DIVERGED;
}

static int end_stopped(Loop *l, int number) {
    const Run *r = l->run;
    l->hooks->report(l->trainer, REPORT_STOPPED, "Stopped by a signal.");
    ticker_say(&l->run->ticker,
               "%s: stopped at step %" PRId64 "; --resume goes on from step %" PRId64,
               stop_name(number), r->state.step, r->saved);
    return 128 + number;
}

/* No step failed. */
static int finish_run(Loop *l) {
    const Run *r = l->run;
    bool complete = r->state.step >= l->plan.total;
    int number = stop_signal,
        code = complete && l->hooks->complete ? l->hooks->complete(l->trainer) : 0;
    if (code) return fail_run(l, code, true);
    if ((code = save_checkpoint(l))) return fail_run(l, code, false);
    if (r->state.step < l->plan.last && number) return end_stopped(l, number);
    l->hooks->report(l->trainer, complete ? REPORT_FINISHED : REPORT_STOPPED, NULL);
    l->hooks->say_done(l->trainer);
    return 0;
}

/* ---- the loop -------------------------------------------------------------------------------- */

static int run_steps(Loop *l) {
    Run *r = l->run;
    GuardVerdict verdict = GUARD_GO;
    ticker_start(&r->ticker, r->state.step, l->plan.last, now_ms());
    while (r->state.step < l->plan.last && !stop_signal) {
        int code = one_step(l, &verdict);
        if (code) return fail_run(l, code, true);
        if (verdict == GUARD_STOP) return end_diverged(l);
        bool back = verdict == GUARD_ROLL_BACK;
        code = back ? roll_back(l) : after_step(l);
        if (code) return fail_run(l, code, !back);
    }
    return finish_run(l);
}

int loop_run(Run *run, const LoopHooks *hooks, void *trainer, LoopPlan plan) {
    Loop loop = { .run = run, .hooks = hooks, .trainer = trainer, .plan = plan };
    if (run->state.step < plan.last) return run_steps(&loop);
    complain("this run is at step %" PRId64 " already, and was to end at %" PRId64 "%s%s",
             run->state.step, plan.last, hooks->longer ? "; " : "",
             hooks->longer ? hooks->longer : "");
    return EXIT_USAGE;
}

/* trainer.c: the loop: a batch, a step, what became of it, and now and then a checkpoint.
 *
 * What a step computes is decided by the checkpoint it starts from, the options and its number: so
 * a run that was stopped, or killed, goes on to the same bits as one that was not. */
#include "trainer.h"

#include <inttypes.h>
#include <math.h>

double trainer_rate(const Options *o, int64_t step) {
    int64_t half = o->iteration / 2;
    if (!o->decay_flag || step <= half || half == 0) return o->lr;
    return fmax(0, o->lr - o->lr / (double)half * (double)(step - half));
}

/* ---- saving and going back ------------------------------------------------------------------- */

int trainer_save(Trainer *t) {
    const Options *o = t->options;
    if (t->saved == t->state.step) return 0;
    t->state.generators = t->step.generators.step;
    t->state.discriminators = t->step.discriminators.step;
    ticker_hide(&t->ticker);
    int code = checkpoint_save(t->ctx, &t->run, t->store, t->state.step, state_save(&t->state, o),
                               (CheckpointPolicy){ .keep = o->keep, .milestone = o->milestone });
    if (!code) t->saved = t->state.step;
    return code;
}

/* A save that falls due. When the disk is full the run goes on: the older checkpoints are there. */
static int save_and_report(Trainer *t) {
    /* first, so that no checkpoint is ahead of them */
    ticker_warn(&t->ticker, metrics_sync(t->metrics));
    int code = trainer_save(t);
    if (code == EXIT_DEVICE) return code;
    if (code)
        trainer_event(t,
                      "the checkpoint of step %" PRId64
                      " could not be written; the one of step %" PRId64 " is the newest",
                      t->state.step, t->saved);
    if (t->board) ticker_warn(&t->ticker, tensorboard_sync(t->board));
    trainer_report(t, REPORT_TRAINING, NULL);
    return 0;
}

/* What is counted over the whole run stays: skipped steps, time, branches. */
static int go_back(Trainer *t, const P2cValue *tree, const RunState *then) {
    t->state.step = then->step;
    t->state.generators = then->generators;
    t->state.discriminators = then->discriminators;
    t->state.best_kid = then->best_kid;
    t->state.best_step = then->best_step;
    t->state.branch++;
    guard_rolled_back(&t->state.guard);
    return trainer_restore(t, tree);
}

/* To the newest checkpoint, and from there with other pictures: the same ones would lead to the
 * same place. */
static int roll_back(Trainer *t) {
    P2cValue *tree = NULL;
    int64_t from = t->state.step;
    RunState then;
    ticker_hide(&t->ticker);
    int code = checkpoint_find(t->ctx, &t->run, &tree, &t->saved);
    if (!code) code = state_load(&then, p2c_value_get(tree, "p2cnn"));
    if (!code) code = go_back(t, tree, &then);
    checkpoint_free(&tree);
    if (code) return code;
    if ((code = metrics_rewind(t->metrics, t->state.step))) return code;
    if (t->board)
        ticker_warn(&t->ticker, tensorboard_restart(t->board, t->state.step, tensorboard_clock()));
    trainer_event(t,
                  "%d steps out of %d were skipped: back from step %" PRId64 " to step %" PRId64
                  ", with other pictures from here (%s)",
                  GUARD_SKIPS, GUARD_WINDOW, from, t->state.step, t->trouble);
    ticker_start(&t->ticker, t->state.step, t->ticker.total, now_ms());
    return 0;
}

/* ---- a step ---------------------------------------------------------------------------------- */

/* Says what is not finite; false: all is. */
static bool find_trouble(Trainer *t) {
    const Step *step = &t->step;
    for (int k = 0; k < NETWORKS; k++) {
        int i = (k + GENERATORS) % NETWORKS; /* the discriminators' update comes first */
        const char *tensor =
            isfinite(scalar_of(step->squares[i])) ? NULL : p2c_nonfinite_gradient(step->squares[i]);
        if (!tensor) continue;
        snprintf(t->trouble, sizeof t->trouble,
                 "step %" PRId64 " skipped: the gradient of %s (network %s) is not finite%s",
                 t->state.step, tensor, network_names[i],
                 i < GENERATORS ? "; the discriminators' update, which came before, stands" : "");
        trainer_event(t, "%s", t->trouble);
        return true;
    }
    for (int k = 0; k < TERM_COUNT; k++) {
        double value = scalar_of(step->sum[k]);
        if (isfinite(value)) continue;
        snprintf(t->trouble, sizeof t->trouble,
                 "step %" PRId64 " skipped: the loss %s is %g (networks %s)", t->state.step,
                 term_names[k], value, k == TERM_D ? "disGA to disLB" : "genA2B, genB2A");
        trainer_event(t, "%s", t->trouble);
        return true;
    }
    return false;
}

/* On new pictures. A GPU is waited for before anything of it is looked at: its failure is no loss
 * that is no number. */
static P2cStatus run_step(Trainer *t) {
    P2cStatus status = p2c_node_write(t->step.a, t->a);
    if (!status) status = p2c_node_write(t->step.b, t->b);
    if (!status) status = p2c_graph_run(t->step.graph);
    return status ? status : p2c_graph_wait(t->step.graph);
}

/* One step; *verdict tells what to do about it. */
static int one_step(Trainer *t, GuardVerdict *verdict) {
    double start = now_ms();
    int code = loader_next(t->loader, t->state.step, t->state.branch, t->a, t->b);
    if (code) return code;
    t->step.generators.lr = t->step.discriminators.lr = trainer_rate(t->options, t->state.step + 1);
    t->step.decay = p2c_average_decay(t->options->ema, t->step.generators.step);
    P2cStatus status = run_step(t);
    if (status) return status == P2C_ERR_DEVICE ? EXIT_DEVICE : report_status(t->ctx, status);
    t->state.step++;
    double ms = now_ms() - start;
    t->state.seconds += ms / 1e3;
    bool trouble = find_trouble(t);
    *verdict = guard_step(&t->state.guard, t->state.step, !trouble);
    trainer_measure(t, ms, trouble);
    double adv = t->options->adv_weight, d = scalar_of(t->step.sum[TERM_D]);
    if (adv > 0 && guard_discriminators_won(&t->state.guard, d / adv))
        trainer_event(t,
                      "warning: d has been below %g for %d steps (it is %.3g; 2 to 2.5 is "
                      "healthy): the discriminators tell all fakes apart, and the generators "
                      "learn little from them; a lower --lr, or more pictures, may help",
                      GUARD_WON_BELOW * adv, GUARD_WON, d);
    return 0;
}

static bool due(int64_t step, int64_t every) { return every && step > 0 && step % every == 0; }

/* What is done every so many steps. A checkpoint waits until no step before it was skipped for a
 * while, so that it is good to go back to. */
static int periodic(Trainer *t, int64_t last, bool *save_waits) {
    const Options *o = t->options;
    int64_t step = t->state.step;
    int code = due(step, o->print_freq) ? trainer_grids(t) : 0;
    if (!code && due(step, o->eval_freq)) code = trainer_evaluate(t);
    *save_waits |= due(step, o->save_freq) || due(step, o->milestone);
    if (code || !*save_waits || step == last || !guard_is_calm(&t->state.guard, step)) return code;
    *save_waits = false;
    return save_and_report(t);
}

/* The end of a run whose device failed. The weights were there: what is left of them is the newest
 * checkpoint. */
static int lose(Trainer *t) {
    ticker_hide(&t->ticker);
    trainer_event(t,
                  "%.300s; stopped at step %" PRId64 "; --resume goes on from step %" PRId64
                  ", the newest checkpoint",
                  p2c_error(t->ctx), t->state.step, t->saved);
    trainer_report(t, REPORT_STOPPED, "Stopped: the device failed.");
    return EXIT_DEVICE;
}

/* The end of a run that cannot go on. What was done so far is good, unless it is what it should
 * have gone back from. */
static int fail(Trainer *t, int code, bool good) {
    ticker_hide(&t->ticker);
    if (code == EXIT_DEVICE || (good && trainer_save(t) == EXIT_DEVICE)) return lose(t);
    trainer_report(t, REPORT_STOPPED, "Stopped by a failure.");
    complain("stopped at step %" PRId64 "; the newest checkpoint is that of step %" PRId64
             ", from which --resume goes on",
             t->state.step, t->saved);
    return code;
}

/* The end of a run, for whatever reason: saved, shown, said. */
static int finish(Trainer *t, int64_t last, GuardVerdict verdict) {
    int code = verdict == GUARD_STOP ? roll_back(t) : 0;
    /* the same step, but with another branch of pictures to go on with */
    if (!code && verdict == GUARD_STOP) t->saved = -1;
    if (!code) code = trainer_save(t);
    /* when it cannot be written again, it is still there as it was */
    if (t->saved < 0) t->saved = t->state.step;
    if (code == EXIT_DEVICE) return fail(t, code, false);
    ticker_warn(&t->ticker, metrics_sync(t->metrics));
    int number = stop_signal;
    if (verdict == GUARD_STOP) {
        trainer_report(t, REPORT_DIVERGED, "Steps were skipped again after going back.");
        complain("diverged: went back twice; the newest checkpoint is that of step %" PRId64
                 "; a lower --lr (with --resume --override) may help",
                 t->saved);
        return code ? code : EXIT_DIVERGED;
    }
    if (t->state.step < last && number) {
        trainer_report(t, REPORT_STOPPED, "Stopped by a signal.");
        ticker_say(&t->ticker,
                   "%s: stopped at step %" PRId64 "; --resume goes on from step %" PRId64,
                   stop_name(number), t->state.step, t->saved);
        return code ? code : 128 + number;
    }
    trainer_report(t, t->state.step >= t->options->iteration ? REPORT_FINISHED : REPORT_STOPPED,
                   NULL);
    if (!code)
        ticker_say(&t->ticker,
                   "done: step %" PRId64 "; the newest networks are %s/model/%s_params_latest.pt, "
                   "how it went is in %s/report.html",
                   t->state.step, t->run.path, t->run.dataset, t->run.path);
    return code;
}

int trainer_run(Trainer *t) {
    const Options *o = t->options;
    int64_t last = o->max_steps && o->max_steps < o->iteration ? o->max_steps : o->iteration;
    GuardVerdict verdict = GUARD_GO;
    bool save_waits = false;
    if (t->state.step >= last) {
        complain("this run is at step %" PRId64 " already, and was to end at %" PRId64
                 "; --max_steps or --iteration (with --override) says more",
                 t->state.step, last);
        return EXIT_USAGE;
    }
    ticker_start(&t->ticker, t->state.step, last, now_ms());
    while (t->state.step < last && !stop_signal) {
        int code = one_step(t, &verdict);
        if (code) return fail(t, code, true);
        if (verdict == GUARD_STOP) break;
        bool back = verdict == GUARD_ROLL_BACK;
        code = back ? roll_back(t) : periodic(t, last, &save_waits);
        if (code) return fail(t, code, !back);
        if (back) save_waits = false;
    }
    return finish(t, last, verdict);
}

/* trainer.c: what p2c-train does in the loop: a step on new pictures, what is not finite in it, a
 * checkpoint, and the way back to one. */
#include "trainer.h"

#include <inttypes.h>
#include <math.h>

#include "run/loop.h"

/* From a tenth at the first step to all after the last one of the warm-up. Adam's second moments
 * are rough while they come from a few gradients only, and a trained network has much to lose. */
static double warmth(const Options *o, int64_t step) {
    return step > o->warm_up ? 1 : 0.1 + 0.9 * (double)(step - 1) / (double)o->warm_up;
}

static double constant_then_falling(const Options *o, int64_t step) {
    int64_t half = o->iteration / 2;
    if (!o->decay_flag || step <= half || half == 0) return o->lr;
    return fmax(0, o->lr - o->lr / (double)half * (double)(step - half));
}

double trainer_rate(const Options *o, int64_t step) {
    return constant_then_falling(o, step) * warmth(o, step);
}

const Step *trainer_step(const Trainer *t, int64_t step) {
    if (step <= t->options->autoencoder_steps) return &t->autoencoder;
    return &t->steps[(step - 1) % t->options->identity_every != 0];
}

/* ---- a step ---------------------------------------------------------------------------------- */

/* A GPU is waited for before anything of it is looked at: its failure must not look like a loss
 * that is not finite. */
static P2cStatus run_graph(Trainer *t) {
    int64_t number = t->run.state.step + 1;
    const Step *step = trainer_step(t, number);
    /* as autoencoders both generators are to know both kinds of pictures */
    bool swap = step == &t->autoencoder && number % 2 == 0;
    P2cStatus status = p2c_node_write(step->a, swap ? t->b : t->a);
    if (!status) status = p2c_node_write(step->b, swap ? t->a : t->b);
    if (!status) status = p2c_graph_run(step->graph);
    return status ? status : p2c_graph_wait(step->graph);
}

static void set_rates(Trainer *t, int64_t step) {
    const Options *o = t->options;
    double fall = trainer_rate(o, step) / o->lr;
    t->updates.generators.lr = trainer_rate(o, step);
    t->updates.discriminators.lr = o->lr_dis > 0 ? o->lr_dis * fall : t->updates.generators.lr;
    t->updates.decay = p2c_average_decay(o->ema, t->updates.generators.step);
}

static int run_step(void *trainer) {
    Trainer *t = trainer;
    const RunState *run = &t->run.state;
    int code = loader_next(t->loader, run->step, run->branch, t->a, t->b);
    if (code) return code;
    set_rates(t, run->step + 1);
    return report_unless_device(t->run.ctx, run_graph(t));
}

/* The discriminators' update comes first: when the generators' gradient is not finite, that one has
 * been made. */
static bool find_bad_gradient(const Step *step, char *text, size_t size) {
    for (int k = 0; k < NETWORKS; k++) {
        int i = (k + GENERATORS) % NETWORKS;
        const char *tensor =
            isfinite(scalar_of(step->squares[i])) ? NULL : p2c_nonfinite_gradient(step->squares[i]);
        if (!tensor) continue;
        snprintf(text, size, "the gradient of %s (network %s) is not finite%s", tensor,
                 network_names[i],
                 i < GENERATORS ? "; the discriminators' update, which came before, stands" : "");
        return true;
    }
    return false;
}

static bool find_trouble(const void *trainer, char *text, size_t size) {
    const Trainer *t = trainer;
    const Step *step = trainer_step(t, t->run.state.step);
    if (find_bad_gradient(step, text, size)) return true;
    for (int k = 0; k < TERM_COUNT; k++) {
        double value = scalar_of(step->sum[k]);
        if (isfinite(value)) continue;
        snprintf(text, size, "the loss %s is %g (networks %s)", term_names[k], value,
                 k == TERM_D ? "disGA to disLB" : "genA2B, genB2A");
        return true;
    }
    return false;
}

static void measure_step(void *trainer, double ms, bool skipped) {
    Trainer *t = trainer;
    trainer_measure(t, ms, skipped);
    double adv = t->options->adv_weight,
           d = scalar_of(trainer_step(t, t->run.state.step)->sum[TERM_D]);
    bool judged = t->run.state.step > t->options->autoencoder_steps;
    if (adv > 0 && judged && state_discriminators_won(&t->state, d / adv))
        run_event(&t->run,
                  "warning: d has been below %g for %d steps (it is %.3g; 2 to 2.5 is healthy): "
                  "the discriminators tell all fakes apart, and the generators learn little from "
                  "them; a lower --lr, or more pictures, may help",
                  STATE_WON_BELOW * adv, STATE_WON, d);
}

static int do_periodic(void *trainer) {
    Trainer *t = trainer;
    int64_t step = t->run.state.step;
    int code = loop_due(step, t->options->print_freq) ? trainer_grids(t) : 0;
    return code || !loop_due(step, t->options->eval_freq) ? code : trainer_evaluate(t);
}

/* ---- saving and going back ------------------------------------------------------------------- */

int trainer_save(Trainer *t) {
    const Options *o = t->options;
    t->state.generators = t->updates.generators.step;
    t->state.discriminators = t->updates.discriminators.step;
    return run_save(&t->run, t->store, state_networks, state_save(&t->state, &t->run.state, o),
                    (CheckpointPolicy){ .keep = o->keep, .milestone = o->milestone });
}

static int save_checkpoint(void *trainer) { return trainer_save(trainer); }

static int go_back(void *trainer, const P2cValue *tree) {
    Trainer *t = trainer;
    TrainState then;
    RunState run;
    int code = state_load(&then, &run, p2c_value_get(tree, "p2cnn"));
    if (code) return code;
    t->run.state.step = run.step;
    t->state.generators = then.generators;
    t->state.discriminators = then.discriminators;
    t->state.best_score = then.best_score;
    t->state.best_step = then.best_step;
    t->state.won = 0;
    return trainer_restore(t, tree);
}

/* ---- the run --------------------------------------------------------------------------------- */

static void write_report(void *trainer, ReportState state, const char *note) {
    trainer_report(trainer, state, note);
}

static void say_done(const void *trainer) {
    const Run *r = &((const Trainer *)trainer)->run;
    say("done: step %" PRId64 "; the newest networks are %s/model/%s_params_latest.pt, how it went "
        "is in %s/report.html",
        r->state.step, r->dir.path, r->dir.dataset, r->dir.path);
}

static const LoopHooks hooks = {
    .data = "pictures",
    .remedy = "a lower --lr (with --resume --override)",
    .longer = "--max_steps or --iteration (with --override) says more",
    .step = run_step,
    .find_trouble = find_trouble,
    .measure = measure_step,
    .periodic = do_periodic,
    .save = save_checkpoint,
    .go_back = go_back,
    .report = write_report,
    .say_done = say_done,
};

int trainer_run(Trainer *t) {
    const Options *o = t->options;
    LoopPlan plan = { .total = o->iteration,
                      .last = loop_last(o->iteration, o->max_steps),
                      .save_every = o->save_freq,
                      .milestone = o->milestone };
    return loop_run(&t->run, &hooks, t, plan);
}

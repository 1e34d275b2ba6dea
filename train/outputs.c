/* outputs.c: what people see of a run while it goes on: numbers, grids of pictures, evaluations,
 * the report. None of it stops the run, unless the device fails (EXIT_DEVICE). */
#include <inttypes.h>
#include <math.h>

#include "grid.h"
#include "series.h"
#include "trainer.h"

/* Such a term of a step without identity terms would be a number of another kind. */
static bool needs_identity(Term term) {
    return term == TERM_IDENTITY || term == TERM_CAM || term == TERM_G;
}

void trainer_measure(Trainer *t, double ms, bool skipped) {
    double values[SERIES_COUNT];
    TickerValue shown[TERM_COUNT];
    const Step *step = trainer_step(t, t->run.state.step);
    for (int k = 0; k < TERM_COUNT; k++) {
        bool whole = step->has_identity || !needs_identity(k);
        values[SERIES_SUM + k] = whole ? scalar_of(step->sum[k]) : NAN;
        values[SERIES_A + k] = whole ? scalar_of(step->of_a[k]) : NAN;
        values[SERIES_B + k] = whole ? scalar_of(step->of_b[k]) : NAN;
    }
    values[SERIES_LR] = t->updates.generators.lr;
    values[SERIES_MS] = ms;
    for (int i = 0; i < NETWORKS; i++)
        values[SERIES_GRADIENTS + i] = sqrt(scalar_of(step->squares[i]));
    run_add_step(&t->run, values, skipped);
    series_for_ticker(t->run.metrics, shown);
    ticker_step(&t->run.ticker, t->run.state.step,
                history_smoothed(metrics_history(t->run.metrics, SERIES_MS)), TERM_COUNT, shown,
                now_ms());
}

/* ---- pictures -------------------------------------------------------------------------------- */

static int only_device(int code) { return code == EXIT_DEVICE ? code : 0; }

int trainer_grids(Trainer *t) {
    char folder[RUN_FILE];
    const Options *o = t->options;
    const Folder *a = loader_folder(t->loader, 0), *b = loader_folder(t->loader, 1);
    snprintf(folder, sizeof folder, "%s/img", t->run.dir.path);
    GridOptions grid = { .size = o->img_size,
                         .ch = o->ch,
                         .ch_b2a = o->ch_b2a,
                         .full = !o->light,
                         .ema = o->ema > 0,
                         .folder = folder,
                         .train_a = a->paths,
                         .train_b = b->paths,
                         .test_a = t->test_a.paths,
                         .test_b = t->test_b.paths,
                         .train_a_count = a->count,
                         .train_b_count = b->count,
                         .test_a_count = t->test_a.count,
                         .test_b_count = t->test_b.count };
    ticker_hide(&t->run.ticker);
    int code = grid_write(t->run.ctx, t->store, &grid, t->run.state.step);
    if (code && code != EXIT_DEVICE)
        run_event(&t->run, "the pictures of step %" PRId64 " are not complete", t->run.state.step);
    return only_device(code);
}

/* ---- evaluation ------------------------------------------------------------------------------ */

static int keep_best(Trainer *t, double score) {
    TrainState before = t->state;
    bool better = isfinite(score) && (!t->state.best_step || score < t->state.best_score);
    if (!better || !guard_is_calm(&t->run.state.guard, t->run.state.step)) return 0;
    t->state.best_score = score;
    t->state.best_step = t->run.state.step;
    int code = trainer_save(t);
    if (!code && !checkpoint_link_best(&t->run.dir, t->run.state.step)) return 0;
    t->state.best_score = before.best_score; /* on a full disk: a later one gets its chance */
    t->state.best_step = before.best_step;
    return only_device(code);
}

static int open_evaluator(Trainer *t) {
    const Options *o = t->options;
    const Folder *train_b = loader_folder(t->loader, 1);
    if (!t->cartoons) t->cartoons = trainer_cartoons(train_b, &t->test_b);
    if (!t->cartoons) return report_status(NULL, P2C_ERR_MEMORY);
    EvaluateOptions options = { .size = o->img_size,
                                .ch = o->ch,
                                .ch_b2a = o->ch_b2a,
                                .full = !o->light,
                                .ema = o->ema > 0,
                                .face = t->has_face,
                                .kind = t->face,
                                .a = t->test_a.paths,
                                .count_a = t->test_a.count,
                                .b = t->cartoons,
                                .count_b = train_b->count + t->test_b.count };
    return evaluator_open(&t->evaluator, t->run.ctx, t->store, &options);
}

static void say_evaluation(Trainer *t, const Evaluation *e) {
    char likeness[120] = "ID and KID need --face_weights";
    const double *made = e->made.value, *drawn = e->of_cartoons.value;
    if (isfinite(made[MEASURE_ID_MARGIN]))
        snprintf(likeness, sizeof likeness, "ID margin %.3f, KID %.4f +- %.4f",
                 made[MEASURE_ID_MARGIN], made[MEASURE_KID], made[MEASURE_KID_DEVIATION]);
    ticker_say(&t->run.ticker,
               "step %" PRId64 ": SWD %.1f (drawn cartoons %.1f, photos %.1f), lines %.3f (%.3f), "
               "landmarks %.3f, %s, cycle L1 %.4f, on %d photos and %d cartoons",
               t->run.state.step, made[MEASURE_SWD], drawn[MEASURE_SWD],
               e->of_photos.value[MEASURE_SWD], made[MEASURE_LINES], drawn[MEASURE_LINES],
               made[MEASURE_POINTS], likeness, e->cycle_l1, e->photos, e->cartoons);
}

int trainer_evaluate(Trainer *t) {
    Evaluation e;
    double values[EVALUATION_COUNT];
    if (!t->test_a.count) return 0;
    ticker_hide(&t->run.ticker);
    int code = t->evaluator ? 0 : open_evaluator(t);
    if (!code) code = evaluator_run(t->evaluator, &e);
    if (code) return only_device(code);
    series_of_evaluation(&e, values);
    run_add_evaluation(&t->run, values);
    say_evaluation(t, &e);
    return keep_best(t, e.score);
}

/* ---- the report ------------------------------------------------------------------------------ */

static void describe(const Trainer *t, ReportSettings *s) {
    const Options *o = t->options;
    report_set(s, "pictures", "A %d, B %d to learn from; A %d, B %d to test",
               loader_count(t->loader, 0), loader_count(t->loader, 1), t->test_a.count,
               t->test_b.count);
    report_set(s, "picture size", "%d x %d", o->img_size, o->img_size);
    report_set(s, "networks", "ch %d, %s generators", o->ch, o->light ? "light" : "full");
    if (o->ch_b2a) report_set(s, "way back", "ch %d", o->ch_b2a);
    if (o->identity_every > 1) report_set(s, "identity terms", "every %d steps", o->identity_every);
    report_set(s, "batch", "%d%s", o->batch_size * o->accumulate,
               o->accumulate > 1 ? ", in parts" : "");
    report_set(s, "learning rate", "%g, %s, weight decay %g", o->lr,
               o->decay_flag ? "falling over the second half" : "constant", o->weight_decay);
    if (o->lr_dis > 0) report_set(s, "discriminators' rate", "%g", o->lr_dis);
    report_set(s, "loss weights", "adv %g, cycle %g, identity %g, cam %g, faceid %g", o->adv_weight,
               o->cycle_weight, o->identity_weight, o->cam_weight,
               t->has_face ? o->faceid_weight : 0);
    report_set(s, "ID loss", "%s",
               t->has_face ? (t->face == P2C_FACENET_TREB1EN ? "MobileFaceNet, 512 values"
                                                             : "MobileFaceNet, 128 values")
                           : "off: no --face_weights");
    report_set(s, "augmentation", "%s", o->augment ? "mirrored, cropped" : "none");
    if (o->ema > 0) report_set(s, "averaged generators", "decay %g", o->ema);
    report_set(s, "seed", "%" PRId64, o->seed);
    run_describe(&t->run, s);
}

void trainer_report(Trainer *t, ReportState state, const char *note) {
    char a2b[RUN_FILE + 24], b2a[RUN_FILE + 24];
    ReportNetwork networks[SERIES_NETWORKS];
    ReportSettings settings = { .count = 0 };
    series_networks(t->store, networks);
    describe(t, &settings);
    snprintf(a2b, sizeof a2b, "%s/img/A2B_latest.jpg", t->run.dir.path);
    snprintf(b2a, sizeof b2a, "%s/img/B2A_latest.jpg", t->run.dir.path);
    ReportPicture pictures[2] = {
        { a2b, "Photos to cartoons", series_grid_caption, series_grid_rows, series_grid_columns },
        { b2a, "Cartoons to photos", series_grid_caption, series_grid_rows, series_grid_columns }
    };
    Report report = { .dataset = t->run.dir.dataset,
                      .total = t->options->iteration,
                      .step_ms = history_smoothed(metrics_history(t->run.metrics, SERIES_MS)),
                      .settings = settings.pairs,
                      .setting_count = settings.count,
                      .networks = networks,
                      .network_count = SERIES_NETWORKS,
                      .pictures = pictures,
                      .picture_count = 2,
                      .reading = series_reading,
                      .hints = series_hints,
                      .hint_count = series_hint_count };
    run_report(&t->run, state, note, &report);
}

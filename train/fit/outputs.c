/* outputs.c: what people see of a run: numbers, measurements, the best weights, the report. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "series.h"
#include "trainer.h"
#include "weights.h"

void fit_measure_step(Fit *f, double ms, bool skipped) {
    FitTask task = f->options->task;
    int terms = fit_term_count(task);
    double values[FIT_TERMS + FIT_SERIES_MORE];
    TickerValue shown[FIT_TERMS];
    for (int i = 0; i < terms; i++) values[i] = scalar_of(f->step.terms[i]);
    values[terms + FIT_SERIES_GRADIENT] = sqrt(scalar_of(f->step.squares));
    values[terms + FIT_SERIES_LR] = f->step.adam.lr;
    values[terms + FIT_SERIES_MS] = ms;
    run_add_step(&f->run, values, skipped);
    for (int i = 0; i < terms; i++)
        shown[i] = (TickerValue){ fit_series[task].metrics.steps[i].name,
                                  history_smoothed(metrics_history(f->run.metrics, i)) };
    ticker_step(&f->run.ticker, f->run.state.step,
                history_smoothed(metrics_history(f->run.metrics, terms + FIT_SERIES_MS)), terms,
                shown, now_ms());
}

/* ---- measuring ------------------------------------------------------------------------------- */

static void samples_path(const Fit *f, char path[RUN_FILE + 32]) {
    snprintf(path, RUN_FILE + 32, "%s/img/samples_latest.jpg", f->run.dir.path);
}

static void best_path(const Fit *f, char path[RUN_FILE + 32]) {
    const FitOptions *o = f->options;
    if (o->out) snprintf(path, RUN_FILE + 32, "%s", o->out);
    else snprintf(path, RUN_FILE + 32, "%s/%s.pt", f->run.dir.path, fit_name(o->task));
}

/* If the file cannot be written, the run goes on. */
static void keep_best(Fit *f, double error) {
    char path[RUN_FILE + 32];
    if (!isfinite(error) || (f->state.best_step && error >= f->state.best)) return;
    best_path(f, path);
    if (fit_weights_write(f->run.ctx, f->store, f->options->task,
                          fit_average_name(f->options->task), path)) {
        run_event(&f->run, "the best weights, of step %" PRId64 ", could not be written",
                  f->run.state.step);
        return;
    }
    f->state.best = error;
    f->state.best_step = f->run.state.step;
}

int fit_validate(Fit *f) {
    const FitOptions *o = f->options;
    FitFigures figures;
    char text[160], path[RUN_FILE + 32];
    ticker_hide(&f->run.ticker);
    int code = report_unless_device(f->run.ctx, fit_evaluate(f->run.ctx, f->store, o->task,
                                                             fit_average_name(o->task), f->batches,
                                                             o->batch, o->val_samples, &figures));
    if (code) return code;
    f->measured = f->run.state.step;
    keep_best(f, figures.value[FIT_ERROR]);
    fit_figures_text(&figures, o->task, text, sizeof text);
    run_add_evaluation(&f->run, figures.value);
    ticker_say(&f->run.ticker, "step %" PRId64 ": %s%s", f->run.state.step, text,
               f->state.best_step == f->run.state.step ? "; the best so far" : "");
    samples_path(f, path);
    code = fit_samples_write(f->run.ctx, f->store, f->data, o->task, path);
    return code == EXIT_DEVICE ? code : 0;
}

/* ---- the report ------------------------------------------------------------------------------ */

static void describe(const Fit *f, ReportSettings *s) {
    const FitOptions *o = f->options;
    char best[RUN_FILE + 32];
    best_path(f, best);
    report_set(s, "portraits", "%" PRId64 " to learn from, %" PRId64 " held out",
               f->state.portraits[0], f->state.portraits[1]);
    report_set(s, "backgrounds", "%s", o->backgrounds ? o->backgrounds : "generated");
    if (o->task == FIT_LANDMARKS) report_set(s, "teacher", "%s", o->teacher);
    report_set(s, "batch", "%d", o->batch);
    report_set(s, "learning rate", "%g, rising over %" PRId64 " steps, then falling along a cosine",
               o->lr, o->warmup);
    report_set(s, "averaged weights", "decay %g", o->ema);
    report_set(s, "seed", "%" PRId64, o->seed);
    if (f->state.best_step)
        report_set(s, "best", "error %.5f at step %" PRId64 ": %s", f->state.best,
                   f->state.best_step, best);
    run_describe(&f->run, s);
}

void fit_report(Fit *f, ReportState state, const char *note) {
    const FitOptions *o = f->options;
    const FitSeriesTables *tables = &fit_series[o->task];
    int ms = fit_term_count(o->task) + FIT_SERIES_MS;
    char samples[RUN_FILE + 32];
    ReportSettings settings = { .count = 0 };
    samples_path(f, samples);
    describe(f, &settings);
    ReportNetwork network = { fit_name(o->task), tables->role,
                              report_parameters(f->store, fit_name(o->task)) };
    ReportPicture picture = { samples, "Held-out samples", tables->samples_caption,
                              tables->samples_rows, NULL };
    Report report = { .dataset = o->portraits,
                      .total = o->steps,
                      .step_ms = history_smoothed(metrics_history(f->run.metrics, ms)),
                      .settings = settings.pairs,
                      .setting_count = settings.count,
                      .networks = &network,
                      .network_count = 1,
                      .pictures = &picture,
                      .picture_count = 1,
                      .reading = tables->reading,
                      .hints = tables->hints,
                      .hint_count = tables->hint_count };
    run_report(&f->run, state, note, &report);
}

/* outputs.c: what people see of a run: numbers, measurements, the best weights, the report. */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

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
    ticker_warn(&f->ticker, metrics_step(f->metrics, f->state.step, values, skipped));
    for (int i = 0; i < terms; i++)
        shown[i] = (TickerValue){ fit_series[task].metrics.steps[i].name,
                                  history_smoothed(metrics_history(f->metrics, i)) };
    ticker_step(&f->ticker, f->state.step,
                history_smoothed(metrics_history(f->metrics, terms + FIT_SERIES_MS)), terms, shown,
                now_ms());
}

void fit_event(Fit *f, const char *format, ...) {
    char text[600];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ticker_warn(&f->ticker, text);
    ticker_warn(&f->ticker, metrics_event(f->metrics, f->state.step, "%s", text));
}

/* ---- measuring ------------------------------------------------------------------------------- */

static void samples_path(const Fit *f, char path[RUN_FILE + 32]) {
    snprintf(path, RUN_FILE + 32, "%s/img/samples_latest.jpg", f->run.path);
}

static void best_path(const Fit *f, char path[RUN_FILE + 32]) {
    const FitOptions *o = f->options;
    if (o->out) snprintf(path, RUN_FILE + 32, "%s", o->out);
    else snprintf(path, RUN_FILE + 32, "%s/%s.pt", f->run.path, fit_name(o->task));
}

/* A failure to write costs a chance, not the run. */
static void keep_best(Fit *f, double error) {
    char path[RUN_FILE + 32];
    if (!isfinite(error) || (f->state.best_step && error >= f->state.best)) return;
    best_path(f, path);
    if (fit_weights_write(f->ctx, f->store, f->options->task, fit_average_name(f->options->task),
                          path)) {
        fit_event(f, "the best weights, of step %" PRId64 ", could not be written", f->state.step);
        return;
    }
    f->state.best = error;
    f->state.best_step = f->state.step;
}

int fit_validate(Fit *f) {
    const FitOptions *o = f->options;
    FitFigures figures;
    char text[160], path[RUN_FILE + 32];
    ticker_hide(&f->ticker);
    int code =
        report_status(f->ctx, fit_evaluate(f->ctx, f->store, o->task, fit_average_name(o->task),
                                           f->batches, o->batch, o->val_samples, &figures));
    if (code) return code;
    f->measured = f->state.step;
    keep_best(f, figures.value[FIT_ERROR]);
    fit_figures_text(&figures, o->task, text, sizeof text);
    ticker_warn(&f->ticker, metrics_evaluation(f->metrics, f->state.step, figures.value));
    ticker_say(&f->ticker, "step %" PRId64 ": %s%s", f->state.step, text,
               f->state.best_step == f->state.step ? "; the best so far" : "");
    samples_path(f, path);
    code = fit_samples_write(f->ctx, f->store, f->data, o->task, path);
    return code == EXIT_DEVICE ? code : 0;
}

/* ---- the report ------------------------------------------------------------------------------ */

static void describe(const Fit *f, ReportSettings *s) {
    const FitOptions *o = f->options;
    char best[RUN_FILE + 32];
    best_path(f, best);
    report_set(s, "portraits", "%" PRId64 " to learn from, %" PRId64 " held out",
               f->state.portraits[0], f->state.portraits[1]);
    report_set(s, "backgrounds", "%s", o->backgrounds ? o->backgrounds : "made ones");
    if (o->task == FIT_LANDMARKS) report_set(s, "teacher", "%s", o->teacher);
    report_set(s, "batch", "%d", o->batch);
    report_set(s, "learning rate", "%g, rising over %" PRId64 " steps, then falling along a cosine",
               o->lr, o->warmup);
    report_set(s, "averaged weights", "decay %g", o->ema);
    report_set(s, "seed", "%" PRId64, o->seed);
    if (f->state.best_step)
        report_set(s, "best", "error %.5f at step %" PRId64 ": %s", f->state.best,
                   f->state.best_step, best);
    report_set(s, "device", "%s", p2c_device_name(f->ctx));
    report_set(s, "peak memory", "%.2f GiB", peak_memory_mib() / 1024);
    report_set(s, "p2cnn", "%s", p2c_version());
}

void fit_report(Fit *f, ReportState state, const char *note) {
    const FitOptions *o = f->options;
    const FitSeriesTables *tables = &fit_series[o->task];
    char path[RUN_FILE + 16], samples[RUN_FILE + 32], written[64];
    const char *name = strrchr(f->run.path, '/');
    ReportSettings settings = { .count = 0 };
    time_t now = time(NULL);
    samples_path(f, samples);
    describe(f, &settings);
    strftime(written, sizeof written, "%Y-%m-%d %H:%M", localtime(&now));
    snprintf(path, sizeof path, "%s/report.html", f->run.path);
    ReportNetwork network = { fit_name(o->task), tables->role,
                              report_parameters(f->store, fit_name(o->task)) };
    ReportPicture picture = { samples, "Held-out samples", tables->samples_caption,
                              tables->samples_rows, NULL };
    Report report = { .run = name ? name + 1 : f->run.path,
                      .dataset = o->portraits,
                      .state = state,
                      .state_note = note,
                      .step = f->state.step,
                      .total = o->steps,
                      .seconds = f->state.seconds,
                      .step_ms = history_smoothed(
                          metrics_history(f->metrics, fit_term_count(o->task) + FIT_SERIES_MS)),
                      .seconds_left =
                          state == REPORT_TRAINING ? ticker_left(&f->ticker, now_ms()) : -1,
                      .written = written,
                      .settings = settings.pairs,
                      .setting_count = settings.count,
                      .networks = &network,
                      .network_count = 1,
                      .pictures = &picture,
                      .picture_count = 1,
                      .reading = tables->reading,
                      .hints = tables->hints,
                      .hint_count = tables->hint_count,
                      .metrics = f->metrics };
    ticker_hide(&f->ticker);
    report_write(f->ctx, path, &report);
}

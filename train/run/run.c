/* run.c: see run.h. */
#include "run.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "fields.h"

/* ---- state ----------------------------------------------------------------------------------- */

enum { FORMAT = 1 };

static const Field fields[] = {
    { "step", FIELD_WHOLE, offsetof(RunState, step) },
    { "skipped_steps", FIELD_WHOLE, offsetof(RunState, guard.skips) },
    { "skipped_1", FIELD_WHOLE, offsetof(RunState, guard.skipped) },
    { "skipped_2", FIELD_WHOLE, offsetof(RunState, guard.skipped) + sizeof(int64_t) },
    { "skipped_3", FIELD_WHOLE, offsetof(RunState, guard.skipped) + 2 * sizeof(int64_t) },
    { "branch", FIELD_SMALL, offsetof(RunState, branch) },
    { "seconds", FIELD_REAL, offsetof(RunState, seconds) },
};
_Static_assert(GUARD_SKIPS == 3, "one field each");
enum { FIELDS = sizeof fields / sizeof *fields };

P2cValue *run_state_save(const RunState *state, P2cValue *options) {
    P2cValue *dict = p2c_value_dict();
    P2cStatus status = dict ? P2C_OK : P2C_ERR_MEMORY;
    if (!status) status = p2c_value_set(dict, "format", p2c_value_int(FORMAT));
    if (!status) status = p2c_value_set(dict, "version", p2c_value_string(p2c_version()));
    if (!status) status = p2c_value_set(dict, "options", options);
    else p2c_value_free(&options);
    if (!status) status = fields_save(dict, fields, FIELDS, state);
    if (status) p2c_value_free(&dict);
    return dict;
}

int run_state_load(RunState *state, const P2cValue *p2cnn) {
    const P2cValue *format = p2c_value_get(p2cnn, "format");
    *state = (RunState){ 0 };
    if (format && p2c_value_as_int(format) == FORMAT)
        return fields_load(p2cnn, fields, FIELDS, state);
    if (!format)
        complain("this checkpoint was not made by %s: it has no optimiser to go on with; start a "
                 "new run from it with --pretrained_weights",
                 program_name);
    else
        complain("the checkpoint's format is %" PRId64
                 ", this program (%s) reads format %d; was it made by a newer one?",
                 p2c_value_as_int(format), p2c_version(), FORMAT);
    return EXIT_BAD_INPUT;
}

/* ---- opening, saving, closing ---------------------------------------------------------------- */

Run run_nothing(void) { return (Run){ .dir.lock = -1, .saved = -1 }; }

int run_open(Run *r, const RunRequest *request, P2cValue **tree) {
    int64_t step;
    int code = rundir_open(&r->dir, request);
    return code || !request->resume ? code : checkpoint_find(r->ctx, &r->dir, tree, &step);
}

int run_open_metrics(Run *r, const MetricsTable *table, bool tensorboard) {
    char path[RUN_FILE + 16];
    snprintf(path, sizeof path, "%s/metrics.jsonl", r->dir.path);
    int code = metrics_open(&r->metrics, r->ctx, path, table, r->state.step);
    if (code || !tensorboard) return code;
    snprintf(path, sizeof path, "%s/tensorboard", r->dir.path);
    return tensorboard_open(&r->board, path, r->state.step, tensorboard_clock());
}

void run_close(Run *r, bool resumed) {
    tensorboard_close(&r->board);
    metrics_close(&r->metrics);
    if (r->saved < 0 && !resumed) rundir_discard(&r->dir);
    else rundir_close(&r->dir);
    p2c_context_free(&r->ctx);
}

int run_save(Run *r, const P2cStore *store, CheckpointNetworks networks, P2cValue *p2cnn,
             CheckpointPolicy policy) {
    ticker_hide(&r->ticker);
    if (r->metrics) ticker_warn(&r->ticker, metrics_sync(r->metrics));
    int code = checkpoint_save(r->ctx, &r->dir, store, networks, r->state.step, p2cnn, policy);
    if (!code) r->saved = r->state.step;
    return code;
}

/* ---- numbers and events ---------------------------------------------------------------------- */

void run_add_step(Run *r, const double values[], bool skipped) {
    const MetricsTable *table = metrics_table(r->metrics);
    ticker_warn(&r->ticker, metrics_step(r->metrics, r->state.step, values, skipped));
    if (r->board)
        ticker_warn(&r->ticker, tensorboard_scalars(r->board, r->state.step, tensorboard_clock(),
                                                    table->step_count, table->steps, values));
}

void run_add_evaluation(Run *r, const double values[]) {
    const MetricsTable *table = metrics_table(r->metrics);
    ticker_warn(&r->ticker, metrics_evaluation(r->metrics, r->state.step, values));
    if (r->board)
        ticker_warn(&r->ticker,
                    tensorboard_scalars(r->board, r->state.step, tensorboard_clock(),
                                        table->evaluation_count, table->evaluations, values));
}

void run_event(Run *r, const char *format, ...) {
    char text[600];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ticker_warn(&r->ticker, text);
    ticker_warn(&r->ticker, metrics_event(r->metrics, r->state.step, "%s", text));
}

/* ---- the report ------------------------------------------------------------------------------ */

void run_describe(const Run *r, ReportSettings *settings) {
    report_set(settings, "device", "%s", p2c_device_name(r->ctx));
    report_set(settings, "peak memory", "%.2f GiB", peak_memory_mib() / 1024);
    report_set(settings, "p2cnn", "%s", p2c_version());
}

void run_report(Run *r, ReportState state, const char *note, Report *report) {
    char path[RUN_FILE + 16], written[64];
    const char *name = strrchr(r->dir.path, '/');
    time_t now = time(NULL);
    strftime(written, sizeof written, "%Y-%m-%d %H:%M", localtime(&now));
    snprintf(path, sizeof path, "%s/report.html", r->dir.path);
    report->run = name ? name + 1 : r->dir.path;
    report->state = state;
    report->state_note = note;
    report->step = r->state.step;
    report->seconds = r->state.seconds;
    report->seconds_left = state == REPORT_TRAINING ? ticker_left(&r->ticker, now_ms()) : -1;
    report->written = written;
    report->metrics = r->metrics;
    ticker_hide(&r->ticker);
    report_write(r->ctx, path, report);
}

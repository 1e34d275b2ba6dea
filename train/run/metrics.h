/* metrics.h: the numbers of a training run: one line of JSON for each step, in a file that survives
 * crashes and full disks, and their course in memory.
 *
 *     {"step":1230,"d":2.21,"g":443,...,"ms":146}              each step, from 1, once;
 *                                                              ,"skipped":true when its update was
 *                                                              not made
 *     {"step":2000,"eval":{"kid":0.031,"id_similarity":0.62}}  evaluations
 *     {"step":2000,"event":"..."}                              what else people should know
 *
 * Numbers keep every bit of a float32; a value that is not finite is null. A table says what is
 * measured. A line is one write; the file is synced only by metrics_sync, at saves. When the file
 * is opened for a run that continues after step N, or rewound to it, it loses lines that are newer,
 * damaged or partial.
 *
 * metrics_step, metrics_evaluation, metrics_event and metrics_sync return NULL, or one line for
 * people (borrowed; until the next call). A full disk is reported once, and the run goes on without
 * the lines. */
#ifndef P2C_TRAIN_METRICS_H
#define P2C_TRAIN_METRICS_H

#include "history.h"
#include "p2cnn.h"

/* A chart of the report. */
typedef struct Panel {
    const char *title, *note; /* note: what it shows and what is healthy; NULL: none */
    bool log;
    bool detail; /* folded away at first */
} Panel;

typedef struct Series {
    const char *name;  /* in the file, and as TensorBoard's tag */
    const char *label; /* in its chart; NULL: the name */
    int panel;         /* -1: in no chart */
} Series;

typedef struct MetricsTable {
    const Series *steps; /* one value each at every step */
    int step_count;
    const Series *evaluations;
    int evaluation_count;
    const Panel *panels;
    int panel_count;
} MetricsTable;

enum { METRICS_EVENTS = 200, METRICS_EVENT_TEXT = 240 };

typedef struct MetricsEvent {
    /* steps; the same but for neighbouring skipped steps, which are one event */
    int64_t first, last;
    bool skipped;
    char text[METRICS_EVENT_TEXT]; /* empty for skipped steps */
} MetricsEvent;

typedef struct Metrics Metrics;

/* The file is read, and rewritten when it has lines newer than `step` (0: all of them), damaged
 * ones or a torn end; then opened, or made. The table must outlive the metrics. Complains and
 * returns an exit code; *out is NULL then. */
int metrics_open(Metrics **out, P2cContext *ctx, const char *path, const MetricsTable *table,
                 int64_t step);
/* Goes back to what was there after `step`. On failure it complains and returns an exit code; no
 * more lines can be written then. */
int metrics_rewind(Metrics *metrics, int64_t step);
void metrics_close(Metrics **metrics);

/* values: as many as the table has, in its order. A skipped step's values are written, but take no
 * part in histories. */
const char *metrics_step(Metrics *metrics, int64_t step, const double values[], bool skipped);
const char *metrics_evaluation(Metrics *metrics, int64_t step, const double values[]);
const char *metrics_event(Metrics *metrics, int64_t step, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
const char *metrics_sync(Metrics *metrics);

const MetricsTable *metrics_table(const Metrics *metrics);
/* of a step's value; borrowed */
const History *metrics_history(const Metrics *metrics, int series);
const History *metrics_evaluation_history(const Metrics *metrics, int series);
/* The newest METRICS_EVENTS of them, oldest first. */
int metrics_event_count(const Metrics *metrics);
const MetricsEvent *metrics_event_at(const Metrics *metrics, int i);
int64_t metrics_skipped(const Metrics *metrics); /* number of skipped steps */

#endif

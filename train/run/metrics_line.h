/* metrics_line.h: one line of metrics.jsonl, read back. */
#ifndef P2C_TRAIN_METRICS_LINE_H
#define P2C_TRAIN_METRICS_LINE_H

#include "metrics.h"

typedef struct MetricsLine {
    enum { LINE_STEP, LINE_EVALUATION, LINE_EVENT } kind;
    int64_t step;
    bool skipped;
    /* caller's: those of a step, then those of an evaluation; NAN where the line has none */
    double *values;
    char event[METRICS_EVENT_TEXT];
} MetricsLine;

/* text: begins the line; *end is its '\n'. Keys that the table lacks are passed over. False:
 * damaged. */
bool metrics_line_read(const char *text, const char *end, const MetricsTable *table,
                       MetricsLine *line);

#endif

/* report.h: report.html, one file that shows how a training run is doing. It needs no other file
 * and contains no scripts.
 *
 * Tables say what is trained and what the numbers mean. */
#ifndef P2C_TRAIN_REPORT_H
#define P2C_TRAIN_REPORT_H

#include "metrics.h"

typedef enum ReportState {
    REPORT_TRAINING,
    REPORT_FINISHED,
    REPORT_STOPPED,
    REPORT_DIVERGED
} ReportState;

typedef struct ReportPair {
    const char *name, *value;
} ReportPair;
/* A list of pairs while it is filled. It must not move: pairs point into it. */
enum { REPORT_SETTINGS = 24, REPORT_SETTING = 200 };
typedef struct ReportSettings {
    ReportPair pairs[REPORT_SETTINGS];
    char texts[REPORT_SETTINGS][REPORT_SETTING];
    int count;
} ReportSettings;
void report_set(ReportSettings *settings, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

typedef struct ReportNetwork {
    const char *name, *role;
    int64_t parameters;
} ReportNetwork;
/* Number of trainable parameters of a network in the store. */
int64_t report_parameters(const P2cStore *store, const char *network);

/* What to look for. */
typedef struct ReportHint {
    const char *name, *meaning, *healthy;
} ReportHint;

/* A JPEG of rows of pictures of equal height, in groups of columns of equal width. Left out when
 * the file is missing or is not a JPEG. */
typedef struct ReportPicture {
    const char *path, *title, *caption;
    const char *const *rows, *const *columns; /* labels, to NULL; NULL: none */
} ReportPicture;

typedef struct Report {
    const char *run, *dataset;
    ReportState state;
    const char *state_note; /* one more sentence, such as why it stopped; NULL: none */
    int64_t step, total;
    double seconds;      /* spent on training so far */
    double step_ms;      /* smoothed; 0 or less: unknown */
    double seconds_left; /* negative: unknown */
    const char *written; /* date and time, for people */
    const ReportPair *settings;
    int setting_count;
    const ReportNetwork *networks;
    int network_count;
    const ReportPicture *pictures;
    int picture_count;
    const char *const *reading; /* paragraphs for newcomers, to NULL */
    const ReportHint *hints;
    int hint_count;
    const Metrics *metrics;
} Report;

/* Beside the target, then renamed. Complains and returns an exit code. */
int report_write(P2cContext *ctx, const char *path, const Report *report);

#endif

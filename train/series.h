/* series.h: what p2c-train measures and how it is shown: the tables for metrics, charts, report and
 * progress line. */
#ifndef P2C_TRAIN_SERIES_H
#define P2C_TRAIN_SERIES_H

#include "evaluate.h"
#include "run/metrics.h"
#include "run/report.h"
#include "run/ticker.h"
#include "step.h"

/* The values of a step, in this order: the terms of both directions together (TERM_*), of A, of B;
 * then these. */
enum {
    SERIES_SUM = 0,
    SERIES_A = TERM_COUNT,
    SERIES_B = 2 * TERM_COUNT,
    SERIES_LR = 3 * TERM_COUNT,
    SERIES_MS,
    SERIES_GRADIENTS, /* norms: genA2B genB2A disGA disGB disLA disLB */
    SERIES_COUNT = SERIES_GRADIENTS + 6
};
/* The values of an evaluation: MEASURE_* of the pictures made; then these. */
typedef enum SeriesEvaluation {
    EVALUATION_CYCLE_L1 = MEASURE_COUNT,
    EVALUATION_SCORE,
    /* yardsticks: of cartoons, of photos */
    EVALUATION_SWD_CARTOONS,
    EVALUATION_SWD_PHOTOS,
    EVALUATION_KID_CARTOONS,
    EVALUATION_KID_PHOTOS,
    EVALUATION_POINTS_PHOTOS,
    EVALUATION_EYES_CARTOONS,
    EVALUATION_LINES_CARTOONS,
    EVALUATION_LINES_PHOTOS,
    EVALUATION_FLAT_CARTOONS,
    EVALUATION_FLAT_PHOTOS,
    EVALUATION_COUNT
} SeriesEvaluation;

extern const MetricsTable series_table;

void series_of_evaluation(const Evaluation *evaluation, double values[EVALUATION_COUNT]);
/* Smoothed terms for the progress line. */
void series_for_ticker(const Metrics *metrics, TickerValue values[TERM_COUNT]);
/* "How to read this", and the labels of sample grids (to NULL). */
extern const char *const series_reading[];
extern const ReportHint series_hints[];
extern const int series_hint_count;
extern const char *const series_grid_rows[], *const series_grid_columns[], series_grid_caption[];
/* The six networks, with what they are for and their trainable parameters in the store (0 for those
 * it lacks). */
enum { SERIES_NETWORKS = 6 };
void series_networks(const P2cStore *store, ReportNetwork networks[SERIES_NETWORKS]);

#endif

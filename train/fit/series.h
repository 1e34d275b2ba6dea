/* series.h: what p2c-fit measures and how it is shown: a step's values are the terms of the loss,
 * then these. */
#ifndef P2C_TRAIN_FIT_SERIES_H
#define P2C_TRAIN_FIT_SERIES_H

#include "../run/metrics.h"
#include "../run/report.h"
#include "step.h"

typedef enum FitSeries {
    FIT_SERIES_GRADIENT,
    FIT_SERIES_LR,
    FIT_SERIES_MS,
    FIT_SERIES_MORE
} FitSeries;

typedef struct FitSeriesTables {
    MetricsTable metrics;       /* evaluations: as FitFigures has them */
    const char *role;           /* of the network */
    const char *const *reading; /* paragraphs, to NULL */
    const ReportHint *hints;
    int hint_count;
    const char *samples_caption;
    const char *const *samples_rows; /* labels, to NULL */
} FitSeriesTables;
extern const FitSeriesTables fit_series[]; /* by task */

#endif

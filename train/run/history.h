/* history.h: the course of one number over a run of any length, in bounded memory.
 *
 * A bucket sums up `width` steps; when a step lies beyond the last bucket, neighbours merge and the
 * width doubles. A bucket's mean, least and greatest value are exact at any time. */
#ifndef P2C_TRAIN_HISTORY_H
#define P2C_TRAIN_HISTORY_H

#include <stdint.h>

#include "chart.h"

enum { HISTORY_BUCKETS = 2000, HISTORY_SMOOTHING = 100 /* steps */ };

typedef struct Bucket {
    int64_t count;
    double steps, sum; /* of the steps' numbers, of their values */
    double low, high;
} Bucket;

typedef struct History {
    Bucket buckets[HISTORY_BUCKETS]; /* bucket i: steps i*width + 1 to (i+1)*width */
    int used;
    int64_t width;
    double smoothed, weight;
} History;

void history_init(History *history);
/* step: from 1. Values that are not finite are left out. */
void history_add(History *history, int64_t step, double value);
/* Points for a chart, neighbours merged until there are at most `most`; where there are no values
 * there is no point. Returns their number. */
int history_points(const History *history, int most, ChartPoint points[]);
/* Exponential mean over some HISTORY_SMOOTHING values, of those there are: the first is not too
 * small. NaN: none yet. */
double history_smoothed(const History *history);

#endif

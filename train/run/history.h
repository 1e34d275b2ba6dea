/* history.h: the course of one number over a run of any length, in bounded memory.
 *
 * A bucket sums up `width` steps. When a step lies beyond the last bucket, neighbouring buckets
 * merge and the width doubles. The mean, the least and the greatest value of a bucket are exact. */
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
/* Points for a chart: neighbouring buckets are merged until there are at most `most`. A bucket
 * without values gives no point. Returns the number of points. */
int history_points(const History *history, int most, ChartPoint points[]);
/* Exponential mean over about HISTORY_SMOOTHING values, corrected for the small number of values at
 * the beginning. NaN: no value yet. */
double history_smoothed(const History *history);

#endif

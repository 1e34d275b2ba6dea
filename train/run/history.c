/* history.c: see history.h. */
#include "history.h"

#include <assert.h>
#include <math.h>

void history_init(History *h) { *h = (History){ .width = 1 }; }

static void merge_into(Bucket *to, const Bucket *from) {
    if (!from->count) return;
    to->low = to->count ? fmin(to->low, from->low) : from->low;
    to->high = to->count ? fmax(to->high, from->high) : from->high;
    to->count += from->count;
    to->steps += from->steps;
    to->sum += from->sum;
}

static void halve(History *h) {
    for (int i = 0; i < HISTORY_BUCKETS; i++) {
        Bucket merged = { 0 };
        if (2 * i < HISTORY_BUCKETS) {
            merge_into(&merged, &h->buckets[2 * i]);
            merge_into(&merged, &h->buckets[2 * i + 1]);
        }
        h->buckets[i] = merged;
    }
    h->used = (h->used + 1) / 2;
    h->width *= 2;
}

void history_add(History *h, int64_t step, double value) {
    assert(step > 0);
    if (!isfinite(value)) return;
    while ((step - 1) / h->width >= HISTORY_BUCKETS) halve(h);
    int i = (int)((step - 1) / h->width);
    merge_into(&h->buckets[i], &(Bucket){ 1, (double)step, value, value, value });
    if (i >= h->used) h->used = i + 1;
    const double keep = 1 - 1.0 / HISTORY_SMOOTHING;
    h->smoothed = keep * h->smoothed + (1 - keep) * value;
    h->weight = keep * h->weight + (1 - keep);
}

int history_points(const History *h, int most, ChartPoint points[]) {
    int group = (h->used + most - 1) / most, count = 0;
    for (int first = 0, end; first < h->used; first = end) {
        Bucket b = { 0 };
        end = first + group;
        /* the newest point stands for as many steps as others, not for one or two */
        if (h->used - end < (group + 1) / 2) end = h->used;
        for (int i = first; i < end; i++) merge_into(&b, &h->buckets[i]);
        if (b.count)
            points[count++] =
                (ChartPoint){ b.steps / (double)b.count, b.sum / (double)b.count, b.low, b.high };
    }
    return count;
}

double history_smoothed(const History *h) { return h->weight > 0 ? h->smoothed / h->weight : NAN; }

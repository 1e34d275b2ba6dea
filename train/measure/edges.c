/* edges.c: see edges.h. */
#include "edges.h"

#include <math.h>
#include <stddef.h>

#define LINE 0.25
#define FLAT 0.01

static double grey(const float *planes, size_t plane, size_t i) {
    return ((double)planes[i] + planes[plane + i] + planes[2 * plane + i]) / 3;
}

void edge_shares(const float *planes, int side, double *lines, double *flat) {
    size_t n = (size_t)side, plane = n * n;
    double strong = 0, weak = 0, count = (double)(n - 1) * (double)(n - 1);
    for (size_t i = 0; i < plane - n; i++) {
        if (i % n == n - 1) continue;
        double here = grey(planes, plane, i), across = grey(planes, plane, i + 1) - here,
               down = grey(planes, plane, i + n) - here, gradient = hypot(across, down) / 2;
        strong += gradient > LINE;
        weak += gradient < FLAT;
    }
    *lines = strong / count;
    *flat = weak / count;
}

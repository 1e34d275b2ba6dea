/* resize.cuh: which elements of the source each element of a resized axis reads, for
 * resize_bilinear and resize_nearest.
 *
 * Result i reads at position (slope * i + offset) / unit, clamped to the first and the last
 * element. The arithmetic uses integers, so that weights and ties do not depend on how a position
 * is rounded. */
#ifndef P2C_CUDA_RESIZE_CUH
#define P2C_CUDA_RESIZE_CUH

#include "elementwise.cuh"
#include "op/resize.h"
#include "walk.cuh"

struct Axis {
    int in, out;
    long long slope, offset, unit;
};

static inline Axis axis_of(int in, int out, P2cCoordinates coordinates) {
    Axis corners = { in, out, in - 1, 0, out > 1 ? out - 1 : 1 },
         centres = { in, out, 2ll * in, (long long)in - out, 2ll * out },
         starts = { in, out, in, 0, out };
    return coordinates == P2C_ALIGN_CORNERS ? corners
           : coordinates == P2C_ASYMMETRIC  ? starts
                                            : centres;
}

/* k: 2 for rows, 3 for columns. */
static inline Axis axis_at(const P2cNode *node, int k) {
    return axis_of(node->x[0]->dims.d[k], node->dims.d[k],
                   P2C_ATTRIBUTES(node, P2cResizeAttributes)->coordinates);
}

static __device__ inline long long within(long long v, long long low, long long high) {
    return v < low ? low : v > high ? high : v;
}

/* In units of 1 / unit. */
static __device__ inline long long position(Axis a, int i) {
    return within(a.slope * i + a.offset, 0, (a.in - 1) * a.unit);
}

/* The results whose position is less than 1 away from element q: all between first and last. At the
 * edges, all on the side where positions are clamped. */
struct Span {
    int first, last;
};

static __device__ inline Span results_of(Axis a, int q) {
    long long slope = a.slope ? a.slope : 1;
    long long first = ((q - 1) * a.unit - a.offset) / slope,
              last = ((q + 1) * a.unit - a.offset) / slope + 1;
    Span s = { q == 0 ? 0 : (int)within(first, 0, a.out - 1),
               q == a.in - 1 ? a.out - 1 : (int)within(last, 0, a.out - 1) };
    return s;
}

#endif

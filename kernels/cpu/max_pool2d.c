/* max_pool2d: y[p,i,j] = largest of x[p, i*stride-pad+u, j*stride-pad+v] over all u, v for which
 * that is inside;  dx += dy at the first of the largest. A NaN counts as the largest. saved: the
 * index in the plane where each maximum was found. */
#include <math.h>

#include "cpu.h"

/* The columns of y, first to end-1, for which tap v is inside a row of width w. */
typedef struct Range {
    int first, end;
} Range;

static Range columns_of(const P2cPool2d *o, int v, int w, int ow) {
    int shift = v - o->pad, first = shift < 0 ? (-shift + o->stride - 1) / o->stride : 0;
    return (Range){ first, shift < w ? min_int(ow, (w - 1 - shift) / o->stride + 1) : 0 };
}

/* Keeps the larger of what was found so far and tap v of row `from`. The row's first element has
 * index `at` in the plane. */
ALWAYS_INLINE void take(const float *from, int at, Range r, int shift, int stride, float *y,
                        int *place) {
    for (int j = r.first; j < r.end; j++) {
        float value = from[j * stride + shift];
        bool larger = value > y[j] || value != value;
        y[j] = larger ? value : y[j];
        place[j] = larger ? at + j * stride + shift : place[j];
    }
}

/* Computes row i of the result from rows top to bottom-1 of x. */
static void pool_row(const float *x, const P2cPool2d *o, int w, int ow, int top, int bottom,
                     float *y, int *place) {
    /* a window of only -infinity has its maximum at its first element */
    for (int j = 0; j < ow; j++) {
        y[j] = -INFINITY;
        place[j] = top * w + max_int(j * o->stride - o->pad, 0);
    }
    for (int q = top; q < bottom; q++)
        for (int v = 0; v < o->kw; v++) {
            const float *from = x + (size_t)q * (size_t)w;
            Range r = columns_of(o, v, w, ow);
            if (o->stride == 1) take(from, q * w, r, v - o->pad, 1, y, place);
            else if (o->stride == 2) take(from, q * w, r, v - o->pad, 2, y, place);
            else take(from, q * w, r, v - o->pad, o->stride, y, place);
        }
}

static void forward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims, y = call->node->dims;
    const P2cPool2d *o = P2C_ATTRIBUTES(call->node, P2cPool2d);
    int rows = y.d[0] * y.d[1] * y.d[2];
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(x))) schedule(static)
    for (int i = 0; i < rows; i++) {
        const float *plane = call->x[0] + (size_t)(i / y.d[2]) * (size_t)x.d[2] * (size_t)x.d[3];
        int top = i % y.d[2] * o->stride - o->pad;
        size_t to = (size_t)i * (size_t)y.d[3];
        pool_row(plane, o, x.d[3], y.d[3], max_int(top, 0), min_int(top + o->kh, x.d[2]),
                 call->y + to, (int *)call->saved + to);
    }
}

static void backward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims, y = call->node->dims;
    const int *saved = call->saved;
    size_t from = (size_t)x.d[2] * (size_t)x.d[3], to = (size_t)y.d[2] * (size_t)y.d[3];
    int planes = x.d[0] * x.d[1];
    if (!call->dx[0]) return;
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(x))) schedule(static)
    for (int p = 0; p < planes; p++) {
        float *dx = call->dx[0] + (size_t)p * from;
        for (size_t i = (size_t)p * to; i < (size_t)(p + 1) * to; i++) dx[saved[i]] += call->dy[i];
    }
}

const P2cKernel P2C_CPU(max_pool2d) = { .forward = forward, .backward = backward };

/* broadcast.h: loops over two operands whose sizes agree or are 1, for add, mul and lerp. */
#ifndef P2C_CPU_BROADCAST_H
#define P2C_CPU_BROADCAST_H

#include "cpu.h"

/* makes a pragma inside a macro */
#define PRAGMA(text) PRAGMA_OF(text)
#define PRAGMA_OF(text) _Pragma(#text)

typedef struct Strides {
    size_t s[4]; /* the stride is 0 where the size is broadcast */
} Strides;

static inline Strides strides_of(P2cDims d) {
    Strides t;
    size_t step = 1;
    for (int i = 3; i >= 0; i--) {
        t.s[i] = d.d[i] == 1 ? 0 : step;
        step *= (size_t)d.d[i];
    }
    return t;
}

static inline bool same_sizes(P2cDims a, P2cDims b) {
    return a.d[0] == b.d[0] && a.d[1] == b.d[1] && a.d[2] == b.d[2] && a.d[3] == b.d[3];
}

/* Offset of row (n,c,h) of result row index `row`. */
static inline size_t row_offset(P2cDims y, Strides t, size_t row) {
    size_t h = row % (size_t)y.d[2], c = row / (size_t)y.d[2] % (size_t)y.d[1],
           n = row / ((size_t)y.d[2] * (size_t)y.d[1]);
    return n * t.s[0] + c * t.s[1] + h * t.s[2];
}

/* Defines `broadcast_forward`: y = a operator b, row by row, or in one loop if nothing is
 * broadcast. */
#define BROADCAST_FORWARD(operator) \
    static void forward_rows(const P2cCall *call) { \
        const P2cDims y = call->node->dims; \
        const Strides ta = strides_of(call->node->x[0]->dims), \
                      tb = strides_of(call->node->x[1]->dims); \
        size_t rows = (size_t)y.d[0] * (size_t)y.d[1] * (size_t)y.d[2], width = (size_t)y.d[3]; \
        PRAGMA(omp parallel for num_threads(threads_for(call, rows * width)) schedule(static)) \
        for (size_t row = 0; row < rows; row++) { \
            const float *a = call->x[0] + row_offset(y, ta, row), \
                        *b = call->x[1] + row_offset(y, tb, row); \
            for (size_t i = 0; i < width; i++) \
                call->y[row * width + i] = a[i * ta.s[3]] operator b[i * tb.s[3]]; \
        } \
    } \
    static void broadcast_forward(const P2cCall *call) { \
        size_t n = p2c_dims_count(call->node->dims); \
        const float *a = call->x[0], *b = call->x[1]; \
        float *y = call->y; \
        if (!same_sizes(call->node->x[0]->dims, call->node->x[1]->dims)) { \
            forward_rows(call); \
            return; \
        } \
        PRAGMA(omp parallel for num_threads(threads_for(call, n)) schedule(static)) \
        for (size_t i = 0; i < n; i++) y[i] = a[i] operator b[i]; \
    }

/* Sums dy, or dy * other, over all elements of y that element (i0,i1,i2,i3) of an operand of dims
 * `d` was broadcast to; in order, in double. */
static inline double sum_broadcast(P2cDims y, P2cDims d, const int i[4], const float *dy,
                                   const float *other, Strides to) {
    int begin[4], end[4];
    Strides ty = strides_of(y);
    double sum = 0;
    for (int k = 0; k < 4; k++) {
        begin[k] = d.d[k] == 1 ? 0 : i[k];
        end[k] = d.d[k] == 1 ? y.d[k] : i[k] + 1;
    }
    for (int n = begin[0]; n < end[0]; n++)
        for (int c = begin[1]; c < end[1]; c++)
            for (int h = begin[2]; h < end[2]; h++) {
                const float *g =
                    dy + (size_t)n * ty.s[0] + (size_t)c * ty.s[1] + (size_t)h * ty.s[2];
                size_t base = (size_t)n * to.s[0] + (size_t)c * to.s[1] + (size_t)h * to.s[2];
                for (int v = begin[3]; v < end[3]; v++)
                    sum += other
                               ? (double)g[(size_t)v * ty.s[3]] * other[base + (size_t)v * to.s[3]]
                               : g[(size_t)v * ty.s[3]];
            }
    return sum;
}

/* dx += the sums of dy (times other, if not NULL) over what was broadcast. d: dims of dx's operand;
 * o: dims of the other. */
static inline void add_broadcast(const P2cCall *call, P2cDims d, float *dx, const float *other,
                                 P2cDims o) {
    P2cDims y = call->node->dims;
    Strides to = strides_of(o);
    int planes = d.d[0] * d.d[1];
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(y))) schedule(static)
    for (int p = 0; p < planes; p++)
        for (int h = 0; h < d.d[2]; h++)
            for (int v = 0; v < d.d[3]; v++) {
                int i[4] = { p / d.d[1], p % d.d[1], h, v };
                dx[((size_t)p * (size_t)d.d[2] + (size_t)h) * (size_t)d.d[3] + (size_t)v] +=
                    (float)sum_broadcast(y, d, i, call->dy, other, to);
            }
}

#endif

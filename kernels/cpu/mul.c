/* mul: y = a * b, broadcasting;  da += dy * b, db += dy * a, summed where broadcast */
#include "broadcast.h"

static void forward_rows(const P2cCall *call) {
    const P2cDims y = call->node->dims;
    const Strides ta = strides_of(call->node->x[0]->dims), tb = strides_of(call->node->x[1]->dims);
    size_t rows = (size_t)y.d[0] * (size_t)y.d[1] * (size_t)y.d[2], width = (size_t)y.d[3];
#pragma omp parallel for num_threads(threads_for(call, rows * width)) schedule(static)
    for (size_t row = 0; row < rows; row++) {
        const float *a = call->x[0] + row_offset(y, ta, row), *b = call->x[1] + row_offset(y, tb, row);
        for (size_t i = 0; i < width; i++) call->y[row * width + i] = a[i * ta.s[3]] * b[i * tb.s[3]];
    }
}

static void forward(const P2cCall *call) {
    size_t n = p2c_dims_count(call->node->dims);
    const float *a = call->x[0], *b = call->x[1];
    float *y = call->y;
    if (!same_sizes(call->node->x[0]->dims, call->node->x[1]->dims)) {
        forward_rows(call);
        return;
    }
#pragma omp parallel for num_threads(threads_for(call, n)) schedule(static)
    for (size_t i = 0; i < n; i++) y[i] = a[i] * b[i];
}

static void backward(const P2cCall *call) {
    const P2cDims y = call->node->dims;
    size_t n = p2c_dims_count(y);
    for (int k = 0; k < 2; k++) {
        const P2cDims d = call->node->x[k]->dims, o = call->node->x[1 - k]->dims;
        float *dx = call->dx[k];
        const float *dy = call->dy;
        if (!dx) continue;
        const float *other = call->x[1 - k];
        if (!same_sizes(d, y) || !same_sizes(o, y)) {
            add_broadcast(call, d, dx, other, o);
            continue;
        }
#pragma omp parallel for num_threads(threads_for(call, n)) schedule(static)
        for (size_t i = 0; i < n; i++) dx[i] += dy[i] * other[i];
    }
}

const P2cKernel P2C_CPU(mul) = { .forward = forward, .backward = backward };

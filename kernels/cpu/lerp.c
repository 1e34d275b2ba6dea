/* lerp: y = (1-w) * a + w * b, w broadcast;  da += dy * (1-w), db += dy * w, dw += dy * (b-a),
 * summed where broadcast */
#include "broadcast.h"

static size_t rows_of(P2cDims y) { return (size_t)y.d[0] * (size_t)y.d[1] * (size_t)y.d[2]; }

static void forward(const P2cCall *call) {
    const P2cDims y = call->node->dims;
    const Strides tw = strides_of(call->node->x[2]->dims);
    size_t rows = rows_of(y), width = (size_t)y.d[3];
#pragma omp parallel for num_threads(threads_for(call, rows *width)) schedule(static)
    for (size_t row = 0; row < rows; row++) {
        const float *a = call->x[0] + row * width, *b = call->x[1] + row * width,
                    *w = call->x[2] + row_offset(y, tw, row);
        for (size_t i = 0; i < width; i++)
            call->y[row * width + i] = (1 - w[i * tw.s[3]]) * a[i] + w[i * tw.s[3]] * b[i];
    }
}

/* For a (from 1, sign -1) or b (from 0, sign 1): dx += dy * (from + sign * w). */
static void operand_gradient(const P2cCall *call, float from, float sign, float *dx) {
    const P2cDims y = call->node->dims;
    const Strides tw = strides_of(call->node->x[2]->dims);
    size_t rows = rows_of(y), width = (size_t)y.d[3];
    if (!dx) return;
#pragma omp parallel for num_threads(threads_for(call, rows *width)) schedule(static)
    for (size_t row = 0; row < rows; row++) {
        const float *dy = call->dy + row * width, *w = call->x[2] + row_offset(y, tw, row);
        for (size_t i = 0; i < width; i++)
            dx[row * width + i] += dy[i] * (from + sign * w[i * tw.s[3]]);
    }
}

static void weight_gradient(const P2cCall *call) {
    const P2cDims y = call->node->dims, w = call->node->x[2]->dims;
    const Strides ty = strides_of(y);
    int count = (int)p2c_dims_count(w);
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(y))) schedule(static)
    for (int e = 0; e < count; e++) {
        int i[4] = { e / (w.d[1] * w.d[2] * w.d[3]), e / (w.d[2] * w.d[3]) % w.d[1],
                     e / w.d[3] % w.d[2], e % w.d[3] };
        call->dx[2][e] += (float)(sum_broadcast(y, w, i, call->dy, call->x[1], ty) -
                                  sum_broadcast(y, w, i, call->dy, call->x[0], ty));
    }
}

static void backward(const P2cCall *call) {
    operand_gradient(call, 1, -1, call->dx[0]);
    operand_gradient(call, 0, 1, call->dx[1]);
    if (call->dx[2]) weight_gradient(call);
}

const P2cKernel P2C_CPU(lerp) = { .forward = forward, .backward = backward };

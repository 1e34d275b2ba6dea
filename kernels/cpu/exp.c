/* exp: y = exp(x);  dx += dy * y */
#include <math.h>

#include "cpu.h"

static void forward(const P2cCall *call) {
    size_t n = p2c_dims_count(call->node->dims);
    const float *x = call->x[0];
    float *y = call->y;
#pragma omp parallel for num_threads(threads_for(call, n)) schedule(static)
    for (size_t i = 0; i < n; i++) y[i] = expf(x[i]);
}

static void backward(const P2cCall *call) {
    size_t n = p2c_dims_count(call->node->dims);
    const float *dy = call->dy, *y = call->y;
    float *dx = call->dx[0];
    if (!dx) return;
#pragma omp parallel for num_threads(threads_for(call, n)) schedule(static)
    for (size_t i = 0; i < n; i++) dx[i] += dy[i] * y[i];
}

const P2cKernel P2C_CPU(exp) = { .forward = forward, .backward = backward };

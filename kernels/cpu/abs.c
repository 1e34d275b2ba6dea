/* abs: y = |x|;  dx += dy * sign(x), sign(0) = 0 */
#include <math.h>

#include "cpu.h"

static void forward(const P2cCall *call) {
    size_t n = p2c_dims_count(call->node->dims);
    const float *x = call->x[0];
    float *y = call->y;
#pragma omp parallel for num_threads(threads_for(call, n)) schedule(static)
    for (size_t i = 0; i < n; i++) y[i] = fabsf(x[i]);
}

static void backward(const P2cCall *call) {
    size_t n = p2c_dims_count(call->node->dims);
    const float *x = call->x[0], *dy = call->dy;
    float *dx = call->dx[0];
    if (!dx) return;
#pragma omp parallel for num_threads(threads_for(call, n)) schedule(static)
    for (size_t i = 0; i < n; i++) dx[i] += x[i] > 0 ? dy[i] : x[i] < 0 ? -dy[i] : 0;
}

const P2cKernel P2C_CPU(abs) = { .forward = forward, .backward = backward };

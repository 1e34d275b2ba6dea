/* clamp: y = min(max(x, low), high);  dx += low <= x <= high ? dy : 0 */
#include "op/clamp.h"
#include "cpu.h"

static void forward(const P2cCall *call) {
    size_t n = p2c_dims_count(call->node->dims);
    const float *x = call->x[0];
    float *y = call->y;
    const P2cRangeAttributes a = *P2C_ATTRIBUTES(call->node, P2cRangeAttributes);
#pragma omp parallel for num_threads(threads_for(call, n)) schedule(static)
    for (size_t i = 0; i < n; i++) y[i] = x[i] < a.low ? a.low : x[i] > a.high ? a.high : x[i];
}

static void backward(const P2cCall *call) {
    size_t n = p2c_dims_count(call->node->dims);
    const float *dy = call->dy, *x = call->x[0];
    float *dx = call->dx[0];
    if (!dx) return;
    const P2cRangeAttributes a = *P2C_ATTRIBUTES(call->node, P2cRangeAttributes);
#pragma omp parallel for num_threads(threads_for(call, n)) schedule(static)
    for (size_t i = 0; i < n; i++) dx[i] += (x[i] >= a.low && x[i] <= a.high) ? dy[i] : 0;
}

const P2cKernel P2C_CPU(clamp) = { .forward = forward, .backward = backward };

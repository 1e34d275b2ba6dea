/* relu: y = x > 0 ? x : slope * x;  dx += y > 0 ? dy : slope * dy */
#include "op/relu.h"
#include "cpu.h"

static void forward(const P2cCall *call) {
    size_t n = p2c_dims_count(call->node->dims);
    const float *x = call->x[0];
    float *y = call->y;
    float slope = P2C_ATTRIBUTES(call->node, P2cSlopeAttributes)->slope;
#pragma omp parallel for num_threads(threads_for(call, n)) schedule(static)
    for (size_t i = 0; i < n; i++) y[i] = x[i] > 0 ? x[i] : slope * x[i];
}

static void backward(const P2cCall *call) {
    size_t n = p2c_dims_count(call->node->dims);
    const float *dy = call->dy, *y = call->y;
    float *dx = call->dx[0];
    if (!dx) return;
    float slope = P2C_ATTRIBUTES(call->node, P2cSlopeAttributes)->slope;
#pragma omp parallel for num_threads(threads_for(call, n)) schedule(static)
    for (size_t i = 0; i < n; i++) dx[i] += y[i] > 0 ? dy[i] : slope * dy[i];
}

const P2cKernel P2C_CPU(relu) = { .forward = forward, .backward = backward };

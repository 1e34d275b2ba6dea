/* global_avg_pool: y[p] = mean of plane p;  dx += dy[p] / (h*w) */
#include "cpu.h"

static void forward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims;
    int planes = x.d[0] * x.d[1];
    size_t hw = (size_t)x.d[2] * (size_t)x.d[3];
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(x))) schedule(static)
    for (int p = 0; p < planes; p++)
        call->y[p] = (float)(sum_of(call->x[0] + (size_t)p * hw, hw) / (double)hw);
}

static void backward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims;
    int planes = x.d[0] * x.d[1];
    size_t hw = (size_t)x.d[2] * (size_t)x.d[3];
    if (!call->dx[0]) return;
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(x))) schedule(static)
    for (int p = 0; p < planes; p++) {
        float g = call->dy[p] / (float)hw, *dx = call->dx[0] + (size_t)p * hw;
        for (size_t i = 0; i < hw; i++) dx[i] += g;
    }
}

const P2cKernel P2C_CPU(global_avg_pool) = { .forward = forward, .backward = backward };

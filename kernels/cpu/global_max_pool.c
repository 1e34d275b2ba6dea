/* global_max_pool: y[p] = largest of plane p;  dx += dy[p] / (number of maxima) at each of them */
#include "cpu.h"

static void forward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims;
    int planes = x.d[0] * x.d[1];
    size_t hw = (size_t)x.d[2] * (size_t)x.d[3];
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(x))) schedule(static)
    for (int p = 0; p < planes; p++) {
        const float *from = call->x[0] + (size_t)p * hw;
        float largest = from[0];
        for (size_t i = 1; i < hw; i++) /* a NaN stays, wherever it is */
            if (from[i] > largest || from[i] != from[i]) largest = from[i];
        call->y[p] = largest;
    }
}

static void backward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims;
    int planes = x.d[0] * x.d[1];
    size_t hw = (size_t)x.d[2] * (size_t)x.d[3];
    if (!call->dx[0]) return;
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(x))) schedule(static)
    for (int p = 0; p < planes; p++) {
        const float *from = call->x[0] + (size_t)p * hw;
        float largest = call->y[p], *dx = call->dx[0] + (size_t)p * hw;
        int equal = 0;
        for (size_t i = 0; i < hw; i++) equal += from[i] == largest;
        for (size_t i = 0; i < hw; i++)
            if (from[i] == largest) dx[i] += call->dy[p] / (float)equal;
    }
}

const P2cKernel P2C_CPU(global_max_pool) = { .forward = forward, .backward = backward };

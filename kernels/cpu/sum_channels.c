/* sum_channels: y[n,0,i] = sum_c x[n,c,i];  dx[n,c,i] += dy[n,0,i] */
#include <string.h>

#include "cpu.h"

static void forward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims;
    size_t hw = (size_t)x.d[2] * (size_t)x.d[3];
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(x))) schedule(static)
    for (int n = 0; n < x.d[0]; n++) {
        float *y = call->y + (size_t)n * hw;
        const float *from = call->x[0] + (size_t)n * (size_t)x.d[1] * hw;
        memcpy(y, from, hw * sizeof *y);
        for (int c = 1; c < x.d[1]; c++) axpy(1, from + (size_t)c * hw, y, hw);
    }
}

static void backward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims;
    size_t hw = (size_t)x.d[2] * (size_t)x.d[3];
    int planes = x.d[0] * x.d[1];
    if (!call->dx[0]) return;
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(x))) schedule(static)
    for (int p = 0; p < planes; p++)
        axpy(1, call->dy + (size_t)(p / x.d[1]) * hw, call->dx[0] + (size_t)p * hw, hw);
}

const P2cKernel P2C_CPU(sum_channels) = { .forward = forward, .backward = backward };

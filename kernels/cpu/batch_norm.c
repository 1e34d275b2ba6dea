/* batch_norm, evaluation mode: y = (x - mean) * r * weight + bias, r = 1/sqrt(var + eps);
 * dx += dy * r * weight,  dweight += sum dy * (x - mean) * r,  dbias += sum dy */
#include <math.h>

#include "cpu.h"
#include "op/eps.h"

static float inverse_deviation(const P2cCall *call, int c) {
    return (float)(1 /
                   sqrt((double)call->x[4][c] + P2C_ATTRIBUTES(call->node, P2cEpsAttributes)->eps));
}

static void forward(const P2cCall *call) {
    const P2cDims x = call->node->dims;
    int planes = x.d[0] * x.d[1];
    size_t hw = (size_t)x.d[2] * (size_t)x.d[3];
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(x))) schedule(static)
    for (int p = 0; p < planes; p++) {
        int c = p % x.d[1];
        const float *from = call->x[0] + (size_t)p * hw;
        float mean = call->x[3][c], scale = inverse_deviation(call, c) * call->x[1][c],
              shift = call->x[2][c], *to = call->y + (size_t)p * hw;
        for (size_t i = 0; i < hw; i++) to[i] = (from[i] - mean) * scale + shift;
    }
}

static void backward(const P2cCall *call) {
    const P2cDims x = call->node->dims;
    size_t hw = (size_t)x.d[2] * (size_t)x.d[3];
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(x))) schedule(static)
    for (int c = 0; c < x.d[1]; c++) {
        float r = inverse_deviation(call, c);
        double weight = 0, bias = 0;
        for (int n = 0; n < x.d[0]; n++) {
            size_t at = ((size_t)n * (size_t)x.d[1] + (size_t)c) * hw;
            const float *dy = call->dy + at;
            if (call->dx[0]) axpy(r * call->x[1][c], dy, call->dx[0] + at, hw);
            if (call->dx[1])
                weight += r * sum_of_products(call->x[0] + at, call->x[3][c], dy, 0, hw);
            if (call->dx[2]) bias += sum_of(dy, hw);
        }
        if (call->dx[1]) call->dx[1][c] += (float)weight;
        if (call->dx[2]) call->dx[2][c] += (float)bias;
    }
}

const P2cKernel P2C_CPU(batch_norm) = { .forward = forward, .backward = backward };

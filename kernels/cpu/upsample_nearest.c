/* upsample_nearest: y[p,i,j] = x[p,i/f,j/f];  dx[p,i,j] += the sum of its f x f copies in dy */
#include <string.h>

#include "op/factor.h"
#include "upsample.h"

static void forward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims;
    int f = P2C_ATTRIBUTES(call->node, P2cFactorAttributes)->factor, planes = x.d[0] * x.d[1],
        h = x.d[2], w = x.d[3];
    size_t row = (size_t)w * (size_t)f;
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(call->node->dims))) \
    schedule(static)
    for (int p = 0; p < planes; p++)
        for (int i = 0; i < h; i++) {
            const float *from = call->x[0] + ((size_t)p * (size_t)h + (size_t)i) * (size_t)w;
            float *to = call->y + ((size_t)p * (size_t)h + (size_t)i) * row * (size_t)f;
            for (int j = 0; j < w; j++)
                for (int k = 0; k < f; k++) to[j * f + k] = from[j];
            for (int k = 1; k < f; k++) memcpy(to + (size_t)k * row, to, row * sizeof(float));
        }
}

static void backward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims;
    int f = P2C_ATTRIBUTES(call->node, P2cFactorAttributes)->factor,
        rows = x.d[0] * x.d[1] * x.d[2], w = x.d[3];
    if (!call->dx[0]) return;
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(call->node->dims))) \
    schedule(static)
    for (int i = 0; i < rows; i++)
        add_copies(call->dy + (size_t)i * (size_t)(w * f) * (size_t)f, w, f,
                   call->dx[0] + (size_t)i * (size_t)w);
}

const P2cKernel P2C_CPU(upsample_nearest) = { .forward = forward, .backward = backward };

/* affine: y = scale * x + shift;  dx += scale * dy */
#include "op/affine.h"
#include "cpu.h"

static void forward(const P2cCall *call) {
    size_t n = p2c_dims_count(call->node->dims);
    const float *x = call->x[0];
    float *y = call->y;
    const P2cAffineAttributes a = *P2C_ATTRIBUTES(call->node, P2cAffineAttributes);
#pragma omp parallel for num_threads(threads_for(call, n)) schedule(static)
    for (size_t i = 0; i < n; i++) y[i] = a.scale * x[i] + a.shift;
}

static void backward(const P2cCall *call) {
    size_t n = p2c_dims_count(call->node->dims);
    const float *dy = call->dy;
    float *dx = call->dx[0];
    if (!dx) return;
    float scale = P2C_ATTRIBUTES(call->node, P2cAffineAttributes)->scale;
#pragma omp parallel for num_threads(threads_for(call, n)) schedule(static)
    for (size_t i = 0; i < n; i++) dx[i] += scale * dy[i];
}

const P2cKernel P2C_CPU(affine) = { .forward = forward, .backward = backward };

/* mul: y = a * b, broadcasting;  da += dy * b, db += dy * a, summed where broadcast */
#include "broadcast.h"

BROADCAST_FORWARD(*)

static void backward(const P2cCall *call) {
    const P2cDims y = call->node->dims;
    size_t n = p2c_dims_count(y);
    for (int k = 0; k < 2; k++) {
        const P2cDims d = call->node->x[k]->dims, o = call->node->x[1 - k]->dims;
        float *dx = call->dx[k];
        const float *dy = call->dy;
        if (!dx) continue;
        const float *other = call->x[1 - k];
        if (!same_sizes(d, y) || !same_sizes(o, y)) {
            add_broadcast(call, d, dx, other, o);
            continue;
        }
#pragma omp parallel for num_threads(threads_for(call, n)) schedule(static)
        for (size_t i = 0; i < n; i++) dx[i] += dy[i] * other[i];
    }
}

const P2cKernel P2C_CPU(mul) = { .forward = broadcast_forward, .backward = backward };

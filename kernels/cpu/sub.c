/* sub: y = a - b, broadcasting;  da += dy, db -= dy, summed where broadcast */
#include "broadcast.h"

BROADCAST_FORWARD(-)

static void backward(const P2cCall *call) {
    static const float signs[] = { 1, -1 };
    const P2cDims y = call->node->dims;
    size_t n = p2c_dims_count(y);
    for (int k = 0; k < 2; k++) {
        const P2cDims d = call->node->x[k]->dims;
        const float *dy = call->dy;
        float *dx = call->dx[k];
        if (!dx) continue;
        if (!same_sizes(d, y)) {
            add_broadcast(call, d, dx, &signs[k], P2C_SCALAR);
            continue;
        }
#pragma omp parallel for num_threads(threads_for(call, n)) schedule(static)
        for (size_t i = 0; i < n; i++) dx[i] += signs[k] * dy[i];
    }
}

const P2cKernel P2C_CPU(sub) = { .forward = broadcast_forward, .backward = backward };

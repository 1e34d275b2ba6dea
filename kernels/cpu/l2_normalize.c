/* l2_normalize: y = x / max(|x|, eps);  dx += (dy - y (y . dy)) / |x| */
#include <math.h>

#include "cpu.h"
#include "op/eps.h"

static void forward(const P2cCall *call) {
    const P2cDims x = call->node->dims;
    size_t d = (size_t)x.d[1];
    float eps = P2C_ATTRIBUTES(call->node, P2cEpsAttributes)->eps;
    for (int n = 0; n < x.d[0]; n++) {
        const float *from = call->x[0] + (size_t)n * d;
        float *to = call->y + (size_t)n * d;
        double length = fmax(sqrt(dot(from, from, d)), eps);
        for (size_t i = 0; i < d; i++) to[i] = (float)(from[i] / length);
    }
}

static void backward(const P2cCall *call) {
    const P2cDims x = call->node->dims;
    size_t d = (size_t)x.d[1];
    float eps = P2C_ATTRIBUTES(call->node, P2cEpsAttributes)->eps;
    for (int n = 0; call->dx[0] && n < x.d[0]; n++) {
        const float *from = call->x[0] + (size_t)n * d, *dy = call->dy + (size_t)n * d;
        float *dx = call->dx[0] + (size_t)n * d;
        double length = sqrt(dot(from, from, d)),
               along = length > eps ? dot(from, dy, d) / (length * length) : 0,
               by = fmax(length, eps);
        for (size_t i = 0; i < d; i++) dx[i] += (float)((dy[i] - from[i] * along) / by);
    }
}

const P2cKernel P2C_CPU(l2_normalize) = { .forward = forward, .backward = backward };

/* bce_with_logits: y = mean max(x,0) - x*t + log(1 + exp(-|x|));  dx += dy * (sigmoid(x) - t) /
 * count */
#include <math.h>

#include "loss.h"

static double piece(const P2cCall *call, size_t begin, size_t end) {
    const float *x = call->x[0], *t = call->x[1];
    size_t step = target_step(call->node);
    double sum = 0;
    for (size_t i = begin; i < end; i++) {
        double v = x[i];
        sum += (v > 0 ? v : 0) - v * t[i * step] + log1p(exp(-fabs(v)));
    }
    return sum;
}

static void forward(const P2cCall *call) { loss_forward(call, piece); }

static void backward(const P2cCall *call) {
    size_t n = loss_count(call->node), step = target_step(call->node);
    const float *x = call->x[0], *t = call->x[1];
    float g = *call->dy / (float)n, *dx = call->dx[0];
    for (size_t i = 0; dx && i < n; i++) { dx[i] += g * (1 / (1 + expf(-x[i])) - t[i * step]); }
}

const P2cKernel P2C_CPU(bce_with_logits) = { .forward = forward,
                                             .backward = backward,
                                             .work = loss_work };

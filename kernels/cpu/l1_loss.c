/* l1_loss: y = mean |x - t|;  dx += dy * sign(x - t) / count, dt -= the same */
#include <math.h>

#include "loss.h"

static double piece(const P2cCall *call, size_t begin, size_t end) {
    const float *x = call->x[0], *t = call->x[1];
    size_t step = target_step(call->node);
    double sum = 0;
    for (size_t i = begin; i < end; i++) { sum += fabsf(x[i] - t[i * step]); }
    return sum;
}

static void forward(const P2cCall *call) { loss_forward(call, piece); }

static void backward(const P2cCall *call) {
    size_t n = loss_count(call->node), step = target_step(call->node);
    const float *x = call->x[0], *t = call->x[1];
    float g = *call->dy / (float)n, *dx = call->dx[0];
    for (size_t i = 0; dx && i < n; i++) {
        float e = x[i] - t[i * step];
        dx[i] += e > 0 ? g : e < 0 ? -g : 0;
    }
    double scalar = 0; /* the gradient of a scalar target is the sum over all elements */
    float *dt = call->dx[1];
    for (size_t i = 0; dt && i < n; i++) {
        float e = x[i] - t[i * step], d = e > 0 ? g : e < 0 ? -g : 0;
        if (step) dt[i] -= d;
        else scalar -= d;
    }
    if (dt && !step) *dt += (float)scalar;
}

const P2cKernel P2C_CPU(l1_loss) = { .forward = forward, .backward = backward, .work = loss_work };

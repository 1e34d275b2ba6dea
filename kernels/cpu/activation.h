/* activation.h: a ReLU that is fused into the operation before it: y = v > 0 ? v : slope * v. Slope
 * 1 means that there is none. */
#ifndef P2C_CPU_ACTIVATION_H
#define P2C_CPU_ACTIVATION_H

#include "cpu.h"

static inline float activated(float v, float slope) { return v > 0 ? v : slope * v; }

/* The gradient that passes the activation. y may stand for v, because both have the same sign. */
static inline float passed(float dy, float y, float slope) { return y > 0 ? dy : slope * dy; }

static inline Vec activated_vector(Vec v, float slope) {
    VecMask positive = v > (Vec){ 0 };
    return (Vec)(((VecMask)v & positive) | ((VecMask)(slope * v) & ~positive));
}

/* Writes the gradient that passes the activation to separate memory. */
static inline void passed_gradient(const P2cCall *call, float slope, float *to) {
    size_t n = p2c_dims_count(call->node->dims);
    const float *dy = call->dy, *y = call->y;
#pragma omp parallel for num_threads(threads_for(call, n)) schedule(static)
    for (size_t i = 0; i < n; i++) to[i] = passed(dy[i], y[i], slope);
}

#endif

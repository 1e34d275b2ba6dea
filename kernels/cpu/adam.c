/* adam: one update in place (see lib/op/adam.c for the formula). */
#include <math.h>

#include "cpu.h"
#include "op/adam.h"

static void forward(const P2cCall *call) {
    const P2cUpdateAttributes *a = P2C_ATTRIBUTES(call->node, P2cUpdateAttributes);
    const P2cAdamRates r = *(const P2cAdamRates *)call->x[2];
    float *p = call->x[0], *m = call->x[3], *v = call->x[4], low = *a->low, high = *a->high;
    const float *gradient = call->x[1];
    size_t n = p2c_dims_count(call->node->x[0]->dims);
    *call->y = r.step;
    if (isnan(r.step)) return;
#pragma omp parallel for num_threads(threads_for(call, n)) schedule(static)
    for (size_t i = 0; i < n; i++) {
        float g = gradient[i] + r.decay * p[i];
        m[i] = r.beta1 * m[i] + r.rest1 * g;
        v[i] = r.beta2 * v[i] + r.rest2 * g * g;
        float next = p[i] - r.rate * m[i] / (sqrtf(v[i]) * r.unbias + r.eps);
        p[i] = next < low ? low : next > high ? high : next;
    }
}

const P2cKernel P2C_CPU(adam) = { .forward = forward };

/* sgd: one update in place (see lib/op/sgd.c for the formula). */
#include <math.h>

#include "op/sgd.h"

#include "cpu.h"

static void forward(const P2cCall *call) {
    const P2cUpdateAttributes *a = P2C_ATTRIBUTES(call->node, P2cUpdateAttributes);
    const P2cSgdRates r = *(const P2cSgdRates *)call->x[2];
    float *p = call->x[0], *b = call->x[3], low = *a->low, high = *a->high;
    const float *gradient = call->x[1];
    size_t n = p2c_dims_count(call->node->x[0]->dims);
    *call->y = r.step;
    if (isnan(r.step)) return;
#pragma omp parallel for num_threads(threads_for(call, n)) schedule(static)
    for (size_t i = 0; i < n; i++) {
        b[i] = r.momentum * b[i] + (gradient[i] + r.decay * p[i]);
        float next = p[i] - r.rate * b[i];
        p[i] = next < low ? low : next > high ? high : next;
    }
}

const P2cKernel P2C_CPU(sgd) = { .forward = forward };

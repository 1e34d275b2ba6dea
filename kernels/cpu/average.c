/* average: a += (1 - *decay) * (x - a) in place */
#include "op/average.h"
#include "cpu.h"

static void forward(const P2cCall *call) {
    float *a = call->x[0],
          rate = (float)(1 - *P2C_ATTRIBUTES(call->node, P2cAverageAttributes)->decay);
    const float *x = call->x[1];
    size_t n = p2c_dims_count(call->node->x[0]->dims);
#pragma omp parallel for num_threads(threads_for(call, n)) schedule(static)
    for (size_t i = 0; i < n; i++) a[i] += rate * (x[i] - a[i]);
    *call->y = 0;
}

const P2cKernel P2C_CPU(average) = { .forward = forward };

/* prelu: y = x > 0 ? x : slope[c] * x;  dx += x > 0 ? dy : slope * dy,  dslope[c] += sum of dy * x
 * where x <= 0 */
#include "cpu.h"

static void forward(const P2cCall *call) {
    const P2cDims x = call->node->dims;
    int planes = x.d[0] * x.d[1];
    size_t hw = (size_t)x.d[2] * (size_t)x.d[3];
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(x))) schedule(static)
    for (int p = 0; p < planes; p++) {
        const float *from = call->x[0] + (size_t)p * hw;
        float slope = call->x[1][p % x.d[1]], *to = call->y + (size_t)p * hw;
        for (size_t i = 0; i < hw; i++) to[i] = from[i] > 0 ? from[i] : slope * from[i];
    }
}

static void add_dx(const P2cCall *call, int c, size_t at, size_t hw) {
    const float *x = call->x[0] + at, *dy = call->dy + at;
    float slope = call->x[1][c], *dx = call->dx[0] + at;
    for (size_t i = 0; i < hw; i++) dx[i] += x[i] > 0 ? dy[i] : slope * dy[i];
}

static double slope_sum(const float *x, const float *dy, size_t hw) {
    double sum = 0;
    for (size_t i = 0; i < hw; i++) sum += x[i] > 0 ? 0 : (double)x[i] * dy[i];
    return sum;
}

static void backward(const P2cCall *call) {
    const P2cDims x = call->node->dims;
    size_t hw = (size_t)x.d[2] * (size_t)x.d[3];
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(x))) schedule(static)
    for (int c = 0; c < x.d[1]; c++) {
        double sum = 0;
        for (int n = 0; n < x.d[0]; n++) {
            size_t at = ((size_t)n * (size_t)x.d[1] + (size_t)c) * hw;
            if (call->dx[0]) add_dx(call, c, at, hw);
            if (call->dx[1]) sum += slope_sum(call->x[0] + at, call->dy + at, hw);
        }
        if (call->dx[1]) call->dx[1][c] += (float)sum;
    }
}

const P2cKernel P2C_CPU(prelu) = { .forward = forward, .backward = backward };

/* mean_axis: y = sum of a line / size;  dx += dy / size.  Sums in double. */
#include "lines.h"

static Lines lines_of_call(const P2cCall *call) {
    return lines_of(call->node->x[0]->dims, P2C_ATTRIBUTES(call->node, P2cAxisAttributes)->axis);
}

static void mean_of_block(Lines s, const float *x, float *y, size_t width) {
    double sum[WIDTH] = { 0 };
    for (size_t k = 0; k < s.size; k++)
        for (size_t i = 0; i < width; i++) sum[i] += x[k * s.inner + i];
    for (size_t i = 0; i < width; i++) y[i] = (float)(sum[i] / (double)s.size);
}

static void forward(const P2cCall *call) {
    Lines s = lines_of_call(call);
    size_t blocks = block_count(s), n = p2c_dims_count(call->node->x[0]->dims);
#pragma omp parallel for num_threads(threads_for(call, n)) schedule(static)
    for (size_t i = 0; i < blocks; i++) {
        Block b = block_at(s, i);
        const float *x = call->x[0] + b.at;
        if (s.inner == 1) call->y[b.line] = (float)(sum_of(x, s.size) / (double)s.size);
        else mean_of_block(s, x, call->y + b.line, b.width);
    }
}

static void backward(const P2cCall *call) {
    Lines s = lines_of_call(call);
    size_t blocks = block_count(s), n = p2c_dims_count(call->node->x[0]->dims);
    float by = 1 / (float)s.size;
    if (!call->dx[0]) return;
#pragma omp parallel for num_threads(threads_for(call, n)) schedule(static)
    for (size_t i = 0; i < blocks; i++) {
        Block b = block_at(s, i);
        const float *dy = call->dy + b.line;
        float *dx = call->dx[0] + b.at;
        for (size_t k = 0; k < s.size; k++) axpy(by, dy, dx + k * s.inner, b.width);
    }
}

const P2cKernel P2C_CPU(mean_axis) = { .forward = forward, .backward = backward };

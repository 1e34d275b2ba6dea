/* max_axis: y = largest of a line;  dx += dy / (number of maxima) at each of them */
#include "lines.h"

static Lines lines_of_call(const P2cCall *call) {
    return lines_of(call->node->x[0]->dims, P2C_ATTRIBUTES(call->node, P2cAxisAttributes)->axis);
}

/* A NaN is kept, wherever it stands. */
static void max_of_block(Lines s, const float *x, float *y, size_t width) {
    for (size_t i = 0; i < width; i++) y[i] = x[i];
    for (size_t k = 1; k < s.size; k++)
        for (size_t i = 0; i < width; i++) {
            float v = x[k * s.inner + i];
            y[i] = v > y[i] || v != v ? v : y[i];
        }
}

static void forward(const P2cCall *call) {
    Lines s = lines_of_call(call);
    size_t blocks = block_count(s), n = p2c_dims_count(call->node->x[0]->dims);
#pragma omp parallel for num_threads(threads_for(call, n)) schedule(static)
    for (size_t i = 0; i < blocks; i++) {
        Block b = block_at(s, i);
        max_of_block(s, call->x[0] + b.at, call->y + b.line, b.width);
    }
}

static void share_block(Lines s, const float *x, const float *y, const float *dy, float *dx,
                        size_t width) {
    float share[WIDTH];
    int equal[WIDTH] = { 0 };
    for (size_t k = 0; k < s.size; k++)
        for (size_t i = 0; i < width; i++) equal[i] += x[k * s.inner + i] == y[i];
    for (size_t i = 0; i < width; i++) share[i] = dy[i] / (float)equal[i];
    for (size_t k = 0; k < s.size; k++)
        for (size_t i = 0; i < width; i++)
            dx[k * s.inner + i] += x[k * s.inner + i] == y[i] ? share[i] : 0;
}

static void backward(const P2cCall *call) {
    Lines s = lines_of_call(call);
    size_t blocks = block_count(s), n = p2c_dims_count(call->node->x[0]->dims);
    if (!call->dx[0]) return;
#pragma omp parallel for num_threads(threads_for(call, n)) schedule(static)
    for (size_t i = 0; i < blocks; i++) {
        Block b = block_at(s, i);
        share_block(s, call->x[0] + b.at, call->y + b.line, call->dy + b.line, call->dx[0] + b.at,
                    b.width);
    }
}

const P2cKernel P2C_CPU(max_axis) = { .forward = forward, .backward = backward };

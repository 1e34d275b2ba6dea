/* dropout: y = x / (1 - rate) where kept, else 0;  dx += dy / (1 - rate) where kept.  saved: the
 * step, whose numbers backward draws again. */
#include "op/dropout.h"

#include "cpu.h"

/* Elements i to i+3: 1 / (1 - rate) where they are kept, else 0. */
static void draw(const P2cDropoutAttributes *a, int64_t step, size_t i, float scales[4]) {
    uint32_t words[4];
    float scale = 1 / (1 - a->rate);
    p2c_rng_block(a->key, p2c_dropout_block(step, i), words);
    for (int k = 0; k < 4; k++) scales[k] = words[k] >= p2c_dropout_threshold(a->rate) ? scale : 0;
}

static void forward(const P2cCall *call) {
    const P2cDropoutAttributes *a = P2C_ATTRIBUTES(call->node, P2cDropoutAttributes);
    size_t n = p2c_dims_count(call->node->dims);
    int64_t step = *(int64_t *)call->saved = *a->step;
    const float *x = call->x[0];
    float *y = call->y;
#pragma omp parallel for num_threads(threads_for(call, n)) schedule(static)
    for (size_t i = 0; i < n; i += 4) {
        float scales[4];
        draw(a, step, i, scales);
        for (size_t k = i; k < i + 4 && k < n; k++)
            y[k] = scales[k - i] > 0 ? x[k] * scales[k - i] : 0;
    }
}

static void backward(const P2cCall *call) {
    const P2cDropoutAttributes *a = P2C_ATTRIBUTES(call->node, P2cDropoutAttributes);
    size_t n = p2c_dims_count(call->node->dims);
    int64_t step = *(const int64_t *)call->saved;
    const float *dy = call->dy;
    float *dx = call->dx[0];
    if (!dx) return;
#pragma omp parallel for num_threads(threads_for(call, n)) schedule(static)
    for (size_t i = 0; i < n; i += 4) {
        float scales[4];
        draw(a, step, i, scales);
        for (size_t k = i; k < i + 4 && k < n; k++)
            if (scales[k - i] > 0) dx[k] += dy[k] * scales[k - i];
    }
}

const P2cKernel P2C_CPU(dropout) = { .forward = forward, .backward = backward };

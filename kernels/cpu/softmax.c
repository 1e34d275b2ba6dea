/* softmax: y = exp(x - max) / sum of those, along an axis;  dx += y * (dy - sum of dy * y)
 *
 * Works on lines, see lines.h. Neighbours are summed in double, in the order of the axis. */
#include <math.h>

#include "lines.h"

/* ---- neighbours at once; y may be x ---- */

static void forward_block(const float *x, float *y, size_t size, size_t step, size_t width) {
    float most[WIDTH];
    double sum[WIDTH] = { 0 };
    for (size_t i = 0; i < width; i++) most[i] = x[i];
    for (size_t k = 1; k < size; k++)
        for (size_t i = 0; i < width; i++)
            most[i] = x[k * step + i] > most[i] ? x[k * step + i] : most[i];
    for (size_t k = 0; k < size; k++)
        for (size_t i = 0; i < width; i++)
            sum[i] += y[k * step + i] = expf(x[k * step + i] - most[i]);
    for (size_t i = 0; i < width; i++) sum[i] = 1 / sum[i];
    for (size_t k = 0; k < size; k++)
        for (size_t i = 0; i < width; i++) y[k * step + i] = (float)(y[k * step + i] * sum[i]);
}

static void backward_block(const float *y, const float *dy, float *dx, size_t size, size_t step,
                           size_t width) {
    double sum[WIDTH] = { 0 };
    for (size_t k = 0; k < size; k++)
        for (size_t i = 0; i < width; i++) sum[i] += (double)dy[k * step + i] * y[k * step + i];
    for (size_t k = 0; k < size; k++)
        for (size_t i = 0; i < width; i++)
            dx[k * step + i] += (float)(y[k * step + i] * (dy[k * step + i] - sum[i]));
}

/* ---- consecutive elements ---- */

static float most_of(const float *x, size_t n) {
    Wide lanes = wide(x[0]);
    float most = x[0];
    size_t i = 0;
    for (; i + WIDE <= n; i += WIDE) {
        Wide v = *(const Wide *)(x + i);
        WideMask more = v > lanes;
        lanes = wide_where(more, v) + wide_where(~more, lanes);
    }
    for (; i < n; i++) most = x[i] > most ? x[i] : most;
    for (int k = 0; k < WIDE; k++) most = lanes[k] > most ? lanes[k] : most;
    return most;
}

static void forward_line(const float *x, float *y, size_t n) {
    float most = most_of(x, n);
    for (size_t i = 0; i < n; i++) y[i] = expf(x[i] - most);
    float by = (float)(1 / sum_of(y, n));
    for (size_t i = 0; i < n; i++) y[i] *= by;
}

static void backward_line(const float *y, const float *dy, float *dx, size_t n) {
    float sum = (float)dot(y, dy, n);
    for (size_t i = 0; i < n; i++) dx[i] += y[i] * (dy[i] - sum);
}

/* ---- all lines ---- */

static void forward(const P2cCall *call) {
    Lines s = lines_of(call->node->dims, P2C_ATTRIBUTES(call->node, P2cAxisAttributes)->axis);
    size_t blocks = block_count(s);
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(call->node->dims))) \
    schedule(static)
    for (size_t i = 0; i < blocks; i++) {
        Block b = block_at(s, i);
        if (s.inner == 1) forward_line(call->x[0] + b.at, call->y + b.at, s.size);
        else forward_block(call->x[0] + b.at, call->y + b.at, s.size, s.inner, b.width);
    }
}

static void backward(const P2cCall *call) {
    Lines s = lines_of(call->node->dims, P2C_ATTRIBUTES(call->node, P2cAxisAttributes)->axis);
    size_t blocks = block_count(s);
    if (!call->dx[0]) return;
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(call->node->dims))) \
    schedule(static)
    for (size_t i = 0; i < blocks; i++) {
        Block b = block_at(s, i);
        if (s.inner == 1)
            backward_line(call->y + b.at, call->dy + b.at, call->dx[0] + b.at, s.size);
        else
            backward_block(call->y + b.at, call->dy + b.at, call->dx[0] + b.at, s.size, s.inner,
                           b.width);
    }
}

const P2cKernel P2C_CPU(softmax) = { .forward = forward, .backward = backward };

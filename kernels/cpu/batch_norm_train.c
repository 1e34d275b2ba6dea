/* batch_norm_train: z = (x - m) * r, r = 1/sqrt(v + eps), m and v the mean and biased variance of a
 * channel; y = z * weight + bias;  mean and var move on towards m and v * n/(n-1).
 * dx += weight * r * (dy - mean of dy - z * mean of (dy * z)),  dweight += sum dy * z,
 * dbias += sum dy.  saved: m of each channel, then r. */
#include <math.h>

#include "op/batch_norm_train.h"

#include "cpu.h"

/* A channel: a plane of hw values in each of n pictures, `step` apart. */
typedef struct Channels {
    size_t n, count, hw, step;
    double values;
} Channels;

static Channels channels_of(const P2cNode *node) {
    const P2cDims d = node->dims;
    size_t hw = (size_t)d.d[2] * (size_t)d.d[3];
    return (Channels){ (size_t)d.d[0], (size_t)d.d[1], hw, (size_t)d.d[1] * hw,
                       (double)d.d[0] * (double)hw };
}

static void move_on(float *running, double value, float momentum) {
    *running += (float)(momentum * (value - *running));
}

static void channel_statistics(const P2cCall *call, Channels s, size_t c) {
    const P2cBatchNormTrainAttributes *a = P2C_ATTRIBUTES(call->node, P2cBatchNormTrainAttributes);
    const float *x = call->x[0] + c * s.hw;
    float *m = (float *)call->saved + c, *r = m + s.count;
    double sum = 0, squares = 0;
    for (size_t n = 0; n < s.n; n++) sum += sum_of(x + n * s.step, s.hw);
    *m = (float)(sum / s.values);
    for (size_t n = 0; n < s.n; n++)
        squares += sum_of_products(x + n * s.step, *m, x + n * s.step, *m, s.hw);
    *r = (float)(1 / sqrt(squares / s.values + a->eps));
    move_on(&call->x[3][c], *m, a->momentum);
    move_on(&call->x[4][c], squares / (s.values - 1), a->momentum);
}

static void forward(const P2cCall *call) {
    Channels s = channels_of(call->node);
#pragma omp parallel for num_threads(threads_for(call, s.n *s.step)) schedule(static)
    for (size_t c = 0; c < s.count; c++) {
        channel_statistics(call, s, c);
        float m = ((float *)call->saved)[c],
              scale = ((float *)call->saved)[s.count + c] * call->x[1][c], shift = call->x[2][c];
        for (size_t n = 0; n < s.n; n++) {
            const float *x = call->x[0] + n * s.step + c * s.hw;
            float *y = call->y + n * s.step + c * s.hw;
            for (size_t i = 0; i < s.hw; i++) y[i] = (x[i] - m) * scale + shift;
        }
    }
}

static void backward(const P2cCall *call) {
    Channels s = channels_of(call->node);
#pragma omp parallel for num_threads(threads_for(call, s.n *s.step)) schedule(static)
    for (size_t c = 0; c < s.count; c++) {
        float m = ((float *)call->saved)[c], r = ((float *)call->saved)[s.count + c];
        const float *x = call->x[0] + c * s.hw, *dy = call->dy + c * s.hw;
        double bias = 0, weight = 0;
        for (size_t n = 0; n < s.n; n++) {
            bias += sum_of(dy + n * s.step, s.hw);
            weight += r * sum_of_products(x + n * s.step, m, dy + n * s.step, 0, s.hw);
        }
        if (call->dx[1]) call->dx[1][c] += (float)weight;
        if (call->dx[2]) call->dx[2][c] += (float)bias;
        float scale = r * call->x[1][c], of_dy = (float)(bias / s.values),
              of_z = (float)(weight / s.values) * r;
        for (size_t n = 0; n < s.n && call->dx[0]; n++) {
            float *dx = call->dx[0] + n * s.step + c * s.hw;
            for (size_t i = 0; i < s.hw; i++)
                dx[i] += scale * (dy[n * s.step + i] - of_dy - (x[n * s.step + i] - m) * of_z);
        }
    }
}

const P2cKernel P2C_CPU(batch_norm_train) = { .forward = forward, .backward = backward };

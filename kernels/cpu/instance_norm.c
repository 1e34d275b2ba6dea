/* instance_norm: y = (x - mean) * r, r = 1/sqrt(var + eps), for each plane; max(y, 0) if a ReLU is
 * fused.
 *   dx += r * (dy - mean(dy) - y * mean(dy * y)), where dy is first masked by y > 0 if a ReLU is
 *       fused.
 * saved: (mean, r) of each plane. */
#include <math.h>

#include "norm.h"
#include "op/norm.h"

/* (mean, r) of a plane */
static void statistics_of(const float *x, size_t hw, float eps, float stats[2]) {
    float mean = (float)(sum_of(x, hw) / (double)hw);
    double var = sum_of_products(x, mean, x, mean, hw) / (double)hw;
    stats[0] = mean;
    stats[1] = (float)(1 / sqrt(var + eps));
}

void P2C_CPU(instance_norm_statistics)(const float *x, P2cDims dims, float eps, float *stats,
                                       int threads) {
    int planes = dims.d[0] * dims.d[1];
    size_t hw = (size_t)dims.d[2] * (size_t)dims.d[3];
#pragma omp parallel for num_threads(p2c_dims_count(dims) < WORTH_THREADS ? 1 : threads) \
    schedule(static)
    for (int p = 0; p < planes; p++) statistics_of(x + (size_t)p * hw, hw, eps, stats + 2 * p);
}

static void forward_plane(const float *x, float *y, size_t hw, P2cNormAttributes a,
                          float stats[2]) {
    statistics_of(x, hw, a.eps, stats);
    Norm norm = norm_of(stats, a.relu);
    for (size_t i = 0; i < hw; i++) y[i] = normalised(x[i], norm);
}

static void forward(const P2cCall *call) {
    const P2cDims x = call->node->dims;
    int planes = x.d[0] * x.d[1];
    size_t hw = (size_t)x.d[2] * (size_t)x.d[3];
    const P2cNormAttributes a = *P2C_ATTRIBUTES(call->node, P2cNormAttributes);
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(x))) schedule(static)
    for (int p = 0; p < planes; p++)
        forward_plane(call->x[0] + (size_t)p * hw, call->y + (size_t)p * hw, hw, a,
                      (float *)call->saved + 2 * p);
}

/* Sums of the (masked) dy and of dy * y. dy is masked where y is at or below floor. */
static void gradient_sums(const float *x, const float *dy, size_t hw, float mean, float r,
                          float floor, double *sum, double *sum_y) {
    *sum = *sum_y = 0;
    for (size_t i = 0, end; i < hw; i = end) {
        Wide s = { 0 }, sy = { 0 };
        end = sum_end(i, hw);
        for (; i + WIDE <= end; i += WIDE) {
            Wide y = (*(const Wide *)(x + i) - wide(mean)) * wide(r),
                 g = wide_where(y > wide(floor), *(const Wide *)(dy + i));
            s += g;
            sy += g * y;
        }
        *sum += wide_total(s);
        *sum_y += wide_total(sy);
        for (; i < end; i++) {
            float y = (x[i] - mean) * r, g = y > floor ? dy[i] : 0;
            *sum += g;
            *sum_y += (double)g * y;
        }
    }
}

static void backward_plane(const float *x, const float *dy, float *dx, size_t hw, bool relu,
                           const float stats[2]) {
    float mean = stats[0], r = stats[1], floor = relu ? 0 : -INFINITY;
    double sum, sum_y;
    gradient_sums(x, dy, hw, mean, r, floor, &sum, &sum_y);
    float mean_dy = (float)(sum / (double)hw), mean_dy_y = (float)(sum_y / (double)hw);
    for (size_t i = 0; i < hw; i++) {
        float y = (x[i] - mean) * r, g = y > floor ? dy[i] : 0;
        dx[i] += r * (g - mean_dy - y * mean_dy_y);
    }
}

void P2C_CPU(instance_norm_gradient)(const float *x, const float *dy, float *dx, P2cDims dims,
                                     bool relu, const float *stats, int threads) {
    int planes = dims.d[0] * dims.d[1];
    size_t hw = (size_t)dims.d[2] * (size_t)dims.d[3];
#pragma omp parallel for num_threads(p2c_dims_count(dims) < WORTH_THREADS ? 1 : threads) \
    schedule(static)
    for (int p = 0; p < planes; p++) {
        size_t at = (size_t)p * hw;
        backward_plane(x + at, dy + at, dx + at, hw, relu, stats + 2 * p);
    }
}

static void backward(const P2cCall *call) {
    bool relu = P2C_ATTRIBUTES(call->node, P2cNormAttributes)->relu;
    if (call->dx[0]) P2C_CPU(instance_norm_gradient)
    (call->x[0], call->dy, call->dx[0], call->node->dims, relu, call->saved, call->threads);
}

const P2cKernel P2C_CPU(instance_norm) = { .forward = forward, .backward = backward };

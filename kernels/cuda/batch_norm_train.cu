/* batch_norm_train: z = (x - m) * r, r = 1/sqrt(v + eps), m and v the mean and biased variance of a
 * channel; y = z * weight + bias;  mean and var move on towards m and v * n/(n-1).
 * dx += weight * r * (dy - mean of dy - z * mean of (dy * z)),  dweight += sum dy * z,
 * dbias += sum dy;  none to mean and var.
 * The sums of channels first, see sums.cuh; then a thread per element, of which the first ones also
 * finish a channel each. saved: m of each channel, then v. work: for backward the sums of dy, then
 * those of dy * z; then what the sums need. */
#include <math.h>

#include "op/batch_norm_train.h"

#include "sums.cuh"

/* By value to the kernels. What is absent is NULL. */
struct BatchNorm {
    const float *x, *weight, *bias, *m, *v;
    unsigned count, c, hw;
    float momentum, eps, n; /* n: values of a channel */
};

static BatchNorm batch_norm_of(const P2cCall *call) {
    const P2cDims x = call->node->dims;
    const P2cBatchNormTrainAttributes *a = P2C_ATTRIBUTES(call->node, P2cBatchNormTrainAttributes);
    const float *saved = (const float *)call->saved;
    BatchNorm b = { call->x[0],
                    call->x[1],
                    call->x[2],
                    saved,
                    saved + x.d[1],
                    (unsigned)p2c_dims_count(x),
                    (unsigned)x.d[1],
                    (unsigned)area_of(x),
                    a->momentum,
                    a->eps,
                    (float)x.d[0] * (float)area_of(x) };
    return b;
}

static __device__ inline float inverse_deviation(const BatchNorm &b, unsigned k) {
    return 1 / sqrtf(b.v[k] + b.eps);
}

/* ---- sums of channels: element i of x, and its channel k ---- */

/* Two for each channel: a multiple of 8 bytes, as the doubles behind them want. */
static size_t sums_floats(unsigned channels) { return 2 * (size_t)channels; }

static Sums sums_of(const P2cNode *node) {
    P2cDims channels = P2C_SCALAR;
    channels.d[1] = node->dims.d[1];
    return sums_of_operand(node->dims, channels, channels);
}

struct ChannelTerm {
    const float *x;
    __device__ float operator()(unsigned i, unsigned) const { return x[i]; }
    __device__ void pass(unsigned, unsigned) const {}
};

struct SquareTerm {
    const float *x, *m;
    __device__ float operator()(unsigned i, unsigned k) const {
        return (x[i] - m[k]) * (x[i] - m[k]);
    }
    __device__ void pass(unsigned, unsigned) const {}
};

struct WeightTerm {
    BatchNorm b;
    const float *dy;
    __device__ float operator()(unsigned i, unsigned k) const {
        return dy[i] * ((b.x[i] - b.m[k]) * inverse_deviation(b, k));
    }
    __device__ void pass(unsigned, unsigned) const {}
};

/* ---- forward ---- */

static __global__ void forward_kernel(BatchNorm b, float *y, float *mean, float *var) {
    unsigned i = global_thread(), k = i / b.hw % b.c;
    if (i < b.count) y[i] = (b.x[i] - b.m[k]) * (inverse_deviation(b, k) * b.weight[k]) + b.bias[k];
    if (i >= b.c) return;
    mean[i] += b.momentum * (b.m[i] - mean[i]);
    var[i] += b.momentum * (b.v[i] * (b.n / (b.n - 1)) - var[i]);
}

static void forward(const P2cCall *call) {
    BatchNorm b = batch_norm_of(call);
    Sums s = sums_of(call->node);
    float *m = (float *)call->saved, *v = m + b.c;
    put_sums(call, s, ChannelTerm{ b.x }, 1 / (double)b.n, m, true);
    put_sums(call, s, SquareTerm{ b.x, m }, 1 / (double)b.n, v, true);
    P2C_LAUNCH(forward_kernel, blocks_for(b.count), THREADS, 0, call->queue, b, call->y, call->x[3],
               call->x[4]);
}

/* ---- backward ---- */

struct Gradients {
    const float *dy, *bias_sums, *weight_sums;
    float *dx, *weight, *bias, *mean, *var;
    unsigned overwrite;
};

static __global__ void backward_kernel(BatchNorm b, Gradients d) {
    unsigned i = global_thread(), k = i / b.hw % b.c;
    if (d.dx && i < b.count) {
        float r = inverse_deviation(b, k), z = (b.x[i] - b.m[k]) * r;
        put(&d.dx[i],
            b.weight[k] * r * (d.dy[i] - d.bias_sums[k] / b.n - z * (d.weight_sums[k] / b.n)),
            d.overwrite & 1);
    }
    if (i >= b.c) return;
    if (d.weight) put(&d.weight[i], d.weight_sums[i], d.overwrite >> 1 & 1);
    if (d.bias) put(&d.bias[i], d.bias_sums[i], d.overwrite >> 2 & 1);
    if (d.mean) put(&d.mean[i], 0, d.overwrite >> 3 & 1);
    if (d.var) put(&d.var[i], 0, d.overwrite >> 4 & 1);
}

static void backward(const P2cCall *call) {
    BatchNorm b = batch_norm_of(call);
    Sums s = sums_of(call->node);
    float *sums = (float *)call->work;
    P2cCall of_sums = *call; /* their scratch is behind them */
    of_sums.work = sums + sums_floats(b.c);
    put_sums(&of_sums, s, ChannelTerm{ call->dy }, 1, sums, true);
    put_sums(&of_sums, s, WeightTerm{ b, call->dy }, 1, sums + b.c, true);
    Gradients d = { call->dy,    sums,        sums + b.c,  call->dx[0],    call->dx[1],
                    call->dx[2], call->dx[3], call->dx[4], call->overwrite };
    P2C_LAUNCH(backward_kernel, blocks_for(b.count), THREADS, 0, call->queue, b, d);
}

static size_t work(const P2cNode *node, bool backward, int threads) {
    (void)threads;
    return sums_work(sums_of(node)) +
           (backward ? sums_floats((unsigned)node->dims.d[1]) * sizeof(float) : 0);
}

const P2cKernel p2c_cuda_batch_norm_train = {
    .forward = forward, .backward = backward, .work = work, .overwrite = true
};

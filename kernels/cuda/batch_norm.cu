/* batch_norm, evaluation mode: y = (x - mean) * r * weight + bias, r = 1/sqrt(var + eps); dx += dy
 * * r * weight,  dweight += sum dy * (x - mean) * r,  dbias += sum dy;  no gradient for mean and
 * var. A thread per element; for the sums, a block per channel. */
#include <math.h>

#include "cuda.cuh"
#include "op/eps.h"

/* Passed to the kernels by value. Missing operands are NULL. */
struct BatchNorm {
    const float *x, *weight, *bias, *mean, *var;
    unsigned count, c, hw;
    float eps;
};

static BatchNorm batch_norm_of(const P2cCall *call) {
    const P2cDims x = call->node->dims;
    BatchNorm b = {
        call->x[0],       call->x[1],           call->x[2],
        call->x[3],       call->x[4],           (unsigned)p2c_dims_count(x),
        (unsigned)x.d[1], (unsigned)area_of(x), P2C_ATTRIBUTES(call->node, P2cEpsAttributes)->eps
    };
    return b;
}

static __device__ inline float inverse_deviation(BatchNorm b, unsigned k) {
    return 1 / sqrtf(b.var[k] + b.eps);
}

static __global__ void forward_kernel(BatchNorm b, float *y) {
    unsigned i = global_thread(), k = i / b.hw % b.c;
    if (i < b.count)
        y[i] = (b.x[i] - b.mean[k]) * (inverse_deviation(b, k) * b.weight[k]) + b.bias[k];
}

static void forward(const P2cCall *call) {
    BatchNorm b = batch_norm_of(call);
    P2C_LAUNCH(forward_kernel, blocks_for(b.count), THREADS, 0, call->queue, b, call->y);
}

static __global__ void input_kernel(BatchNorm b, const float *dy, float *dx, bool overwrite) {
    unsigned i = global_thread(), k = i / b.hw % b.c;
    if (i < b.count) put(&dx[i], dy[i] * (inverse_deviation(b, k) * b.weight[k]), overwrite);
}

struct ChannelGradients {
    float *weight, *bias, *mean, *var;
    unsigned overwrite;
};

/* Sums are float within a picture, double over the pictures. */
static __global__ void channel_kernel(BatchNorm b, const float *dy, ChannelGradients d) {
    unsigned k = blockIdx.x;
    float mean = b.mean[k];
    double weight = 0, bias = 0;
    for (size_t start = (size_t)k * b.hw; start < b.count; start += (size_t)b.c * b.hw) {
        float w = 0, s = 0;
        for (size_t i = start + threadIdx.x; i < start + b.hw; i += THREADS) {
            w += dy[i] * (b.x[i] - mean);
            s += dy[i];
        }
        weight += w;
        bias += s;
    }
    weight = block_sum(weight) * inverse_deviation(b, k);
    bias = block_sum(bias);
    if (threadIdx.x) return;
    if (d.weight) put(&d.weight[k], (float)weight, d.overwrite >> 1 & 1);
    if (d.bias) put(&d.bias[k], (float)bias, d.overwrite >> 2 & 1);
    if (d.mean) put(&d.mean[k], 0, d.overwrite >> 3 & 1);
    if (d.var) put(&d.var[k], 0, d.overwrite >> 4 & 1);
}

static void backward(const P2cCall *call) {
    BatchNorm b = batch_norm_of(call);
    ChannelGradients d = { call->dx[1], call->dx[2], call->dx[3], call->dx[4], call->overwrite };
    if (call->dx[0])
        P2C_LAUNCH(input_kernel, blocks_for(b.count), THREADS, 0, call->queue, b, call->dy,
                   call->dx[0], is_overwritten(call, 0));
    if (d.weight || d.bias || d.mean || d.var)
        P2C_LAUNCH(channel_kernel, b.c, THREADS, 0, call->queue, b, call->dy, d);
}

const P2cKernel p2c_cuda_batch_norm = { .forward = forward,
                                        .backward = backward,
                                        .overwrite = true };

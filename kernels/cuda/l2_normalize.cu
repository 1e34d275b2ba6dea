/* l2_normalize: y = x / max(|x|, eps);  dx += (dy - y (y . dy)) / |x|, or dy / eps for a row no
 *                                       longer than eps.   A block per row. */
#include <math.h>

#include "cuda.cuh"
#include "op/eps.h"

static __device__ inline float dot(const float *a, const float *b, int d) {
    float sum = 0;
    for (int i = (int)threadIdx.x; i < d; i += THREADS) sum += a[i] * b[i];
    return block_sum(sum);
}

/* max(|x|, eps); a NaN stays NaN */
static __device__ inline float divisor_of(float length, float eps) {
    return length < eps ? eps : length;
}

static __global__ void forward_kernel(const float *x, float *y, int d, float eps) {
    size_t row = (size_t)blockIdx.x * d;
    float by = divisor_of(sqrtf(dot(x + row, x + row, d)), eps);
    for (size_t i = row + threadIdx.x; i < row + d; i += THREADS) y[i] = x[i] / by;
}

static float eps_of(const P2cCall *call) {
    return P2C_ATTRIBUTES(call->node, P2cEpsAttributes)->eps;
}

static void forward(const P2cCall *call) {
    const P2cDims x = call->node->dims;
    P2C_LAUNCH(forward_kernel, (unsigned)x.d[0], THREADS, 0, call->queue, call->x[0], call->y,
               x.d[1], eps_of(call));
}

static __global__ void backward_kernel(const float *x, const float *dy, float *dx, int d, float eps,
                                       bool overwrite) {
    size_t row = (size_t)blockIdx.x * d;
    float length = sqrtf(dot(x + row, x + row, d)), with = dot(x + row, dy + row, d);
    float by = divisor_of(length, eps), along = length > eps ? with / length / length : 0;
    for (size_t i = row + threadIdx.x; i < row + d; i += THREADS)
        put(&dx[i], (dy[i] - x[i] * along) / by, overwrite);
}

static void backward(const P2cCall *call) {
    const P2cDims x = call->node->dims;
    if (!call->dx[0]) return;
    P2C_LAUNCH(backward_kernel, (unsigned)x.d[0], THREADS, 0, call->queue, call->x[0], call->dy,
               call->dx[0], x.d[1], eps_of(call), is_overwritten(call, 0));
}

const P2cKernel p2c_cuda_l2_normalize = { .forward = forward,
                                          .backward = backward,
                                          .overwrite = true };

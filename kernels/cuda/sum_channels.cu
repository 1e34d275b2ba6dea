/* sum_channels: y[n,0,i] = sum_c x[n,c,i];  dx[n,c,i] += dy[n,0,i].   A thread per element of
 *     what is written. */
#include "cuda.cuh"

static __global__ void forward_kernel(const float *x, float *y, unsigned c, unsigned hw,
                                      unsigned n) {
    unsigned i = global_thread();
    if (i >= n) return;
    const float *from = x + (size_t)(i / hw) * c * hw + i % hw;
    float sum = 0;
#pragma unroll 8
    for (unsigned k = 0; k < c; k++) sum += from[(size_t)k * hw];
    y[i] = sum;
}

static void forward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims;
    unsigned n = (unsigned)count_of(call->node);
    P2C_LAUNCH(forward_kernel, blocks_for(n), THREADS, 0, call->queue, call->x[0], call->y,
               (unsigned)x.d[1], (unsigned)area_of(x), n);
}

static __global__ void backward_kernel(const float *dy, float *dx, unsigned c, unsigned hw,
                                       unsigned n, bool overwrite) {
    unsigned i = global_thread();
    if (i < n) put(&dx[i], dy[i / (c * hw) * hw + i % hw], overwrite);
}

static void backward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims;
    unsigned n = (unsigned)p2c_dims_count(x);
    if (!call->dx[0]) return;
    P2C_LAUNCH(backward_kernel, blocks_for(n), THREADS, 0, call->queue, call->dy, call->dx[0],
               (unsigned)x.d[1], (unsigned)area_of(x), n, is_overwritten(call, 0));
}

const P2cKernel p2c_cuda_sum_channels = { .forward = forward,
                                          .backward = backward,
                                          .overwrite = true };

/* global_max_pool: y[p] = largest of plane p;  dx += dy[p] / (number of maxima) at each of them.
 *                                              A block for each plane. */
#include <math.h>

#include "cuda.cuh"

enum { BATCH = 8 };

/* A NaN is kept, wherever it is. */
static __device__ inline float larger(float kept, float v) { return v > kept || v != v ? v : kept; }

/* The largest of the values that this thread has of a plane. */
static __device__ inline float thread_max(const float *x, unsigned hw) {
    float largest = -INFINITY;
    for (unsigned first = threadIdx.x; first < hw; first += BATCH * blockDim.x) {
        float v[BATCH];
        for (int k = 0; k < BATCH; k++)
            v[k] = x[first + k * blockDim.x < hw ? first + k * blockDim.x : hw - 1];
        for (int k = 0; k < BATCH; k++) largest = larger(largest, v[k]);
    }
    return largest;
}

static __device__ inline float warp_max(float v) {
    for (int step = WARP / 2; step; step /= 2) v = larger(v, __shfl_xor_sync(0xFFFFFFFFu, v, step));
    return v;
}

static __global__ void forward_kernel(const float *x, float *y, unsigned hw) {
    __shared__ float of[WARP];
    float largest = warp_max(thread_max(x + (size_t)blockIdx.x * hw, hw));
    if (threadIdx.x % WARP == 0) of[threadIdx.x / WARP] = largest;
    __syncthreads();
    if (threadIdx.x) return;
    for (unsigned i = 1; i < blockDim.x / WARP; i++) largest = larger(largest, of[i]);
    y[blockIdx.x] = largest;
}

/* Whole warps, with about 4 values per thread for a small plane. */
static unsigned threads_for(unsigned hw) {
    unsigned warps = blocks_for(hw, 4 * WARP);
    return WARP * (warps < THREADS / WARP ? warps : THREADS / WARP);
}

static void forward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims;
    unsigned hw = (unsigned)area_of(x);
    P2C_LAUNCH(forward_kernel, (unsigned)planes_of(x), threads_for(hw), 0, call->queue, call->x[0],
               call->y, hw);
}

static __global__ void backward_kernel(const float *__restrict__ x, const float *y, const float *dy,
                                       float *dx, unsigned hw, bool overwrite) {
    float largest = y[blockIdx.x];
    int equal = 0;
    x += (size_t)blockIdx.x * hw;
    dx += (size_t)blockIdx.x * hw;
    for (unsigned i = threadIdx.x; i < hw; i += blockDim.x) equal += x[i] == largest;
    /* NaN equals nothing, so no element gets a share that is NaN */
    float share = dy[blockIdx.x] / (float)block_sum(equal);
    for (unsigned i = threadIdx.x; i < hw; i += blockDim.x)
        if (overwrite || x[i] == largest) put(dx + i, x[i] == largest ? share : 0, overwrite);
}

static void backward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims;
    unsigned hw = (unsigned)area_of(x), planes = (unsigned)planes_of(x);
    if (!call->dx[0]) return;
    P2C_LAUNCH(backward_kernel, planes, threads_for(hw), 0, call->queue, call->x[0], call->y,
               call->dy, call->dx[0], hw, is_overwritten(call, 0));
}

const P2cKernel p2c_cuda_global_max_pool = { .forward = forward,
                                             .backward = backward,
                                             .overwrite = true };

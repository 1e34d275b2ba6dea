/* lines.cuh: a tensor as lines along one axis: (outer, size, inner). Lines of consecutive elements
 * (inner is 1) are for a block each; others for a thread each, so that neighbours read side by
 * side. */
#ifndef P2C_CUDA_LINES_CUH
#define P2C_CUDA_LINES_CUH

#include <math.h>

#include "cuda.cuh"
#include "op/axis.h"

struct Lines {
    unsigned size, inner, count; /* elements of a line, their distance, lines */
};

static inline Lines lines_of(P2cDims d, int axis) {
    Lines s = { (unsigned)d.d[axis], 1, (unsigned)p2c_dims_count(d) / (unsigned)d.d[axis] };
    for (int i = axis + 1; i < 4; i++) s.inner *= (unsigned)d.d[i];
    return s;
}

/* Where line i begins. */
static __device__ inline unsigned begin_of(Lines s, unsigned i) {
    return i / s.inner * (s.size * s.inner) + i % s.inner;
}

/* A NaN is kept, wherever it stands. */
static __device__ inline float larger(float kept, float v) { return v > kept || v != v ? v : kept; }

/* Over a block, in all its threads; all of them must call, once. */
static __device__ inline float block_max(float value) {
    __shared__ float most[THREADS / WARP];
    for (int step = WARP / 2; step; step /= 2)
        value = larger(value, __shfl_xor_sync(0xFFFFFFFFu, value, step));
    if (threadIdx.x % WARP == 0) most[threadIdx.x / WARP] = value;
    __syncthreads();
    for (int i = 0; i < THREADS / WARP; i++) value = larger(value, most[i]);
    return value;
}

/* The largest of line i: by all threads of a block, or by one thread. */
static __device__ inline float max_by_block(const float *x, Lines s, unsigned i) {
    float most = -INFINITY;
    for (unsigned k = threadIdx.x; k < s.size; k += THREADS)
        most = larger(most, x[(size_t)i * s.size + k]);
    return block_max(most);
}

static __device__ inline float max_by_thread(const float *x, Lines s, unsigned i) {
    unsigned at = begin_of(s, i);
    float most = -INFINITY;
    for (unsigned k = 0; k < s.size; k++) most = larger(most, x[at + k * s.inner]);
    return most;
}

#endif

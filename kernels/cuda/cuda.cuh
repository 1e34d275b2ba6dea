/* cuda.cuh: what the CUDA kernels share.
 *
 * Every file is named after its operation and defines p2c_cuda_<operation>. P2C_LAUNCH starts
 * kernels on the stream of the call's queue; a call starts one or a few of them and returns. No
 * kernel allocates, synchronises or uses float atomics, and sums have a fixed order. Grids depend
 * only on shapes, never on the device. So two runs give the same bits, on every GPU.
 *
 * The tests compile the same files as C++ for the CPU (tests/cuda_on_cpu), with the cuda_runtime.h,
 * launch.h and mma.h there. Therefore kernels use P2C_LAUNCH instead of <<<>>> and
 * P2C_DYNAMIC_SHARED instead of extern __shared__, no inline PTX outside of native/, and no
 * cooperative groups. */
#ifndef P2C_CUDA_CUH
#define P2C_CUDA_CUH

#include <cuda_runtime.h>

#include "launch.h"

#include "base/device.h"
#include "op/op.h"

extern "C" {
#define P2C_OP(name) extern const P2cKernel p2c_cuda_##name;
#include "op/op_list.h"
}

enum { THREADS = 256, WARP = 32 };
constexpr int MOST_COUNTERS = 1 << 14;

/* What a context has open on a GPU (device.cu). */
struct P2cQueue {
    P2cContext *ctx;
    int index;           /* of the GPU */
    cudaStream_t stream; /* the stream into which kernels are started */
    /* MOST_COUNTERS zeros for is_last_block, which are zeros again after every kernel; each stream
     * has its own */
    int *counters;
    struct P2cStreams *streams;
    struct P2cStaging *staging;
    cudaError_t fault; /* the first error of this queue; after it the queue is unusable */
};

/* ---- elements -------------------------------------------------------------------------------- */

static inline unsigned blocks_for(size_t n, unsigned threads = THREADS) {
    return (unsigned)((n + threads - 1) / threads);
}

/* The index of a thread in a launch of one-dimensional blocks: element i of fewer than 2^31. */
static __device__ inline unsigned global_thread() { return blockIdx.x * blockDim.x + threadIdx.x; }

/* Writes a gradient, or adds it to what is there. */
static __device__ inline void put(float *dx, float value, bool overwrite) {
    *dx = overwrite ? value : *dx + value;
}

static inline bool is_overwritten(const P2cCall *call, int k) { return call->overwrite >> k & 1; }
static inline size_t count_of(const P2cNode *node) { return p2c_dims_count(node->dims); }
static inline int planes_of(P2cDims d) { return d.d[0] * d.d[1]; }
static inline int area_of(P2cDims d) { return d.d[2] * d.d[3]; }

/* ---- sums ------------------------------------------------------------------------------------ */

/* The sum over a warp, in all its lanes. All lanes must call it. */
template <class T> static __device__ inline T warp_sum(T value) {
    for (int step = WARP / 2; step; step /= 2) value += __shfl_xor_sync(0xFFFFFFFFu, value, step);
    return value;
}

/* The sum over a block (whole warps, at most 1024 threads), in all its threads. All threads must
 * call it. */
template <class T> static __device__ inline T block_sum(T value) {
    __shared__ T sums[WARP];
    int lane = threadIdx.x % WARP, warp = threadIdx.x / WARP, warps = blockDim.x / WARP;
    value = warp_sum(value);
    __syncthreads(); /* sums may still be read by the previous call */
    if (lane == 0) sums[warp] = value;
    __syncthreads();
    T total = 0;
    for (int i = 0; i < warps; i++) total += sums[i];
    return total;
}

/* Tells all threads whether this block is the last of `count` to arrive at `counter` (one of the
 * queue's). All threads must call it, once per launch. The last block sees everything that the
 * others wrote to global memory before they called. So it can add up their partial sums in a fixed
 * order, and the result does not depend on which block is last. */
static __device__ inline bool is_last_block(int *counter, int count) {
    __shared__ bool last;
    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0) {
        last = atomicAdd(counter, 1) == count - 1;
        if (last) *counter = 0;
    }
    __syncthreads();
    if (last) __threadfence();
    return last;
}

#endif

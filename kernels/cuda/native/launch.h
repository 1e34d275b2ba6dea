/* launch.h: how nvcc starts a kernel and names its shared memory. tests/cuda_on_cpu/launch.h is the
 * counterpart without a GPU; the include path decides. */
#ifndef P2C_CUDA_LAUNCH_H
#define P2C_CUDA_LAUNCH_H

#include <cuda_runtime.h>

/* kernel<<<grid, block, shared bytes>>>(arguments) on the queue's stream. Errors stay in the
 * runtime until device.cu asks for them. */
#define P2C_LAUNCH(kernel, grid, block, shared, queue, ...) \
    (kernel)<<<(grid), (block), (shared), (queue)->stream>>>(__VA_ARGS__)

/* The launch's dynamic shared memory as an array, 16-byte aligned. One per kernel. */
#define P2C_DYNAMIC_SHARED(type, name) \
    extern __shared__ __align__(16) unsigned char p2c_shared[]; \
    type *name = reinterpret_cast<type *>(p2c_shared)

#endif

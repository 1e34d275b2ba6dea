/* copy.h: asynchronous copies from global to shared memory. tests/cuda_on_cpu/copy.h does the same
 * without a GPU.
 *
 *     cp_async16(&shared[..], &global[..]);
 *     ...
 *     cp_async_commit();           the copies so far are a group
 *     ...
 *     cp_async_wait<N>();          waits for this thread's groups, except the N newest
 *     __syncthreads();             waits for those of the other threads
 *
 * Both addresses must be multiples of the size. If not `present`, nothing is read and zeros are
 * written. */
#ifndef P2C_CUDA_COPY_H
#define P2C_CUDA_COPY_H

#include <cuda_runtime.h>

static __device__ inline void cp_async4(void *shared, const void *global, bool present = true) {
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(
                     (unsigned)__cvta_generic_to_shared(shared)),
                 "l"(global), "r"(present ? 4 : 0)
                 : "memory");
}

static __device__ inline void cp_async8(void *shared, const void *global, bool present = true) {
    asm volatile("cp.async.ca.shared.global [%0], [%1], 8, %2;" ::"r"(
                     (unsigned)__cvta_generic_to_shared(shared)),
                 "l"(global), "r"(present ? 8 : 0)
                 : "memory");
}

/* Bypasses the first-level cache. */
static __device__ inline void cp_async16(void *shared, const void *global, bool present = true) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(
                     (unsigned)__cvta_generic_to_shared(shared)),
                 "l"(global), "r"(present ? 16 : 0)
                 : "memory");
}

static __device__ inline void cp_async_commit() {
    asm volatile("cp.async.commit_group;" ::: "memory");
}

template <int N> static __device__ inline void cp_async_wait() {
    asm volatile("cp.async.wait_group %0;" ::"n"(N) : "memory");
}

#endif

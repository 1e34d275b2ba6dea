/* vectors.cuh: V consecutive floats at once. V is 4 if addresses are multiples of 16 bytes, else
 * 1. */
#ifndef P2C_CUDA_VECTORS_CUH
#define P2C_CUDA_VECTORS_CUH

#include "cuda.cuh"

#include <stdint.h>

static inline bool is_aligned(const void *p) { return (uintptr_t)p % 16 == 0; }

template <int V> static __device__ inline void load(float *to, const float *from) {
    static_assert(V == 1 || V == 4);
    if constexpr (V == 4) {
        float4 f = *(const float4 *)from;
        to[0] = f.x, to[1] = f.y, to[2] = f.z, to[3] = f.w;
    } else {
        *to = *from;
    }
}

template <int V> static __device__ inline void store(float *to, const float *from) {
    if constexpr (V == 4) *(float4 *)to = make_float4(from[0], from[1], from[2], from[3]);
    else *to = *from;
}

/* Like put, for V values. */
template <int V>
static __device__ inline void put_all(float *dx, const float *values, bool overwrite) {
    float sum[V] = { 0 };
    if (!overwrite) load<V>(sum, dx);
#pragma unroll
    for (int i = 0; i < V; i++) sum[i] = overwrite ? values[i] : sum[i] + values[i];
    store<V>(dx, sum);
}

#endif

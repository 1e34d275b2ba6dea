/* mma.h: products of small matrices by the tensor cores, a warp at a time. tests/cuda_on_cpu/mma.h
 * does the same without a GPU.
 *
 * D += A * B, float32 sums of TF32 or bfloat16 products. All 32 lanes of a warp call together; each
 * holds a fragment of every matrix. For a lane with g = lane / 4 (0..7) and t = lane % 4, after the
 * PTX ISA, "Matrix Fragments for mma.m16n8k8" and "for mma.m16n8k16":
 *
 *     mma_tf32: A is 16x8, B is 8x8, a register is an element
 *         a[0] = A[g][t]    a[1] = A[g + 8][t]    a[2] = A[g][t + 4]    a[3] = A[g + 8][t + 4]
 *         b[0] = B[t][g]    b[1] = B[t + 4][g]
 *     mma_bf16: A is 16x16, B is 16x8, a register is two elements, the first in the low half
 *         a[0] = A[g][2t, 2t + 1]        a[1] = A[g + 8][2t, 2t + 1]
 *         a[2] = A[g][2t + 8, 2t + 9]    a[3] = A[g + 8][2t + 8, 2t + 9]
 *         b[0] = B[2t, 2t + 1][g]        b[1] = B[2t + 8, 2t + 9][g]
 *     both: D is 16x8
 *         d[0] = D[g][2t]   d[1] = D[g][2t + 1]   d[2] = D[g + 8][2t]   d[3] = D[g + 8][2t + 1] */
#ifndef P2C_CUDA_MMA_H
#define P2C_CUDA_MMA_H

#include <stdint.h>

#include <cuda_runtime.h>

/* Rounds to the nearest TF32, 10 bits after the point, ties away from zero. */
static __device__ inline uint32_t to_tf32(float x) {
    uint32_t bits;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(x));
    return bits;
}

/* Rounds to the nearest bfloat16, ties to even. */
static __device__ inline uint32_t pack_bf16(float low, float high) {
    uint32_t bits;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(bits) : "f"(high), "f"(low));
    return bits;
}

static __device__ inline void mma_tf32(float d[4], const uint32_t a[4], const uint32_t b[2]) {
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, "
                 "%6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

static __device__ inline void mma_bf16(float d[4], const uint32_t a[4], const uint32_t b[2]) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, "
                 "%6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

#endif

/* mma.h: kernels/cuda/native/mma.h for machines without a GPU: the same functions as plain loops
 * (mma.cc).
 *
 * D += A * B for a warp. For a lane with g = lane / 4 (0..7) and t = lane % 4:
 *
 *     mma_tf32: A is 16x8, B is 8x8, a register is an element
 *         a[0] = A[g][t]    a[1] = A[g + 8][t]    a[2] = A[g][t + 4]    a[3] = A[g + 8][t + 4]
 *         b[0] = B[t][g]    b[1] = B[t + 4][g]
 *     mma_bf16: A is 16x16, B is 16x8, a register is two elements, the first in the low half
 *         a[0] = A[g][2t, 2t + 1]        a[1] = A[g + 8][2t, 2t + 1]
 *         a[2] = A[g][2t + 8, 2t + 9]    a[3] = A[g + 8][2t + 8, 2t + 9]
 *         b[0] = B[2t, 2t + 1][g]        b[1] = B[2t + 8, 2t + 9][g]
 *     both: D is 16x8
 *         d[0] = D[g][2t]   d[1] = D[g][2t + 1]   d[2] = D[g + 8][2t]   d[3] = D[g + 8][2t + 1]
 *
 * A register that was not rounded by to_tf32 is cut off after 10 bits, as tensor cores do. Sums are
 * float32, rounded after every product, which is about as exact as tensor cores are. */
#ifndef EMULATED_MMA_H
#define EMULATED_MMA_H

#include "device_code.h"

/* Rounds to nearest, ties away from zero: adds half a unit of the last kept place to the magnitude;
 * infinities and NaNs stay. */
static inline uint32_t to_tf32(float x) {
    uint32_t bits = __float_as_uint(x);
    if ((bits & 0x7F800000u) != 0x7F800000u) bits += 0x1000u;
    else if (bits & 0x007FFFFFu) return 0x7FFFFFFFu;
    return bits & 0xFFFFE000u;
}

/* Rounds to nearest, ties to even; every NaN becomes the same. */
static inline uint32_t emulated_bf16(float x) {
    uint32_t bits = __float_as_uint(x);
    if (isnan(x)) return 0x7FFFu;
    return (bits + 0x7FFFu + (bits >> 16 & 1)) >> 16;
}
static inline uint32_t pack_bf16(float low, float high) {
    return emulated_bf16(low) | emulated_bf16(high) << 16;
}

/* What a lane holds. */
struct EmulatedFragments {
    float *d;
    const uint32_t *a, *b;
};
void emulated_mma_tf32(void *const lanes[32]);
void emulated_mma_bf16(void *const lanes[32]);

static inline void mma_tf32(float d[4], const uint32_t a[4], const uint32_t b[2],
                            EmulatedPlace at = emulated_here()) {
    EmulatedFragments f = { d, a, b };
    emulated_warp(0xFFFFFFFFu, emulated_mma_tf32, &f, at);
}
static inline void mma_bf16(float d[4], const uint32_t a[4], const uint32_t b[2],
                            EmulatedPlace at = emulated_here()) {
    EmulatedFragments f = { d, a, b };
    emulated_warp(0xFFFFFFFFu, emulated_mma_bf16, &f, at);
}

#endif

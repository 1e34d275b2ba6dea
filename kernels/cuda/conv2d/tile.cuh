/* tile.cuh: the tile of an implicit matrix product that a block of threads computes; see
 * conv2d.cuh. */
#ifndef P2C_CUDA_CONV2D_TILE_CUH
#define P2C_CUDA_CONV2D_TILE_CUH

#include "load.cuh"
#include "mma.h"

/* ---- multiplying ----------------------------------------------------------------------------- */

/* A thread's position in the fragments of its warp, and the warp's position in the block. */
struct Lane {
    int g, t, m, n;
};

static __device__ inline Lane lane_of(Shape s) {
    int lane = (int)threadIdx.x % WARP, warp = (int)threadIdx.x / WARP;
    Lane l = { lane / 4, lane % 4, warp % s.warps_m, warp / s.warps_m };
    return l;
}

/* The pixel and channel of the block for accumulator r of the warp's tile i. */
static __device__ inline int pixel_at(Lane l, int mt, int i, int r) {
    return (l.m * mt + i) * 16 + l.g + (r / 2) * 8;
}
static __device__ inline int channel_at(Lane l, int nt, int i, int r) {
    return (l.n * nt + i) * 8 + 2 * l.t + r % 2;
}

/* One tap of 8 words, on tensor cores. a: the thread's word of the first plane, b: of the first
 * line; 4 words further: a_four, b_four. */
template <P2cPrecision P, int MT, int NT>
static __device__ inline void multiply_step(const uint32_t *a, const uint32_t *b,
                                            const int pixel[MT][2], int a_four, int b_four,
                                            float acc[MT][NT][4]) {
    uint32_t x[MT][4], w[NT][2];
#pragma unroll
    for (int i = 0; i < MT; i++) {
        x[i][0] = a[pixel[i][0]], x[i][1] = a[pixel[i][1]];
        x[i][2] = a[pixel[i][0] + a_four], x[i][3] = a[pixel[i][1] + a_four];
    }
#pragma unroll
    for (int j = 0; j < NT; j++) w[j][0] = b[8 * j], w[j][1] = b[8 * j + b_four];
#pragma unroll
    for (int i = 0; i < MT; i++) {
#pragma unroll
        for (int j = 0; j < NT; j++) {
            if constexpr (P == P2C_PRECISION_BF16) mma_bf16(acc[i][j], x[i], w[j]);
            else mma_tf32(acc[i][j], x[i], w[j]);
        }
    }
}

/* The same in float32: every thread computes the accumulators that the tensor cores would give
 * it. */
template <int MT, int NT>
static __device__ inline void multiply_step_exact(const uint32_t *a, const uint32_t *b,
                                                  const int pixel[MT][2], int plane, int b_one,
                                                  float acc[MT][NT][4]) {
#pragma unroll
    for (int k = 0; k < 8; k++, a += plane, b += b_one) {
#pragma unroll
        for (int j = 0; j < NT; j++) {
            float w0 = __uint_as_float(b[8 * j]), w1 = __uint_as_float(b[8 * j + 1]);
#pragma unroll
            for (int i = 0; i < MT; i++) {
                float x0 = __uint_as_float(a[pixel[i][0]]), x1 = __uint_as_float(a[pixel[i][1]]);
                acc[i][j][0] += x0 * w0, acc[i][j][1] += x0 * w1;
                acc[i][j][2] += x1 * w0, acc[i][j][3] += x1 * w1;
            }
        }
    }
}

/* All taps of what is in shared memory. K: the kernel's size if it is known at compile time and
 * there is no dilation; 0 for any. */
template <P2cPrecision P, int K, int MT, int NT>
static __device__ inline void multiply_chunk(const Product &p, const uint32_t *patch,
                                             const uint32_t *weights, float acc[MT][NT][4]) {
    constexpr bool EXACT = P == P2C_PRECISION_FP32;
    const Lane l = lane_of(p.t.shape);
    const int plane = p.t.plane, word = (K ? K * K | 1 : p.t.lines) * p.t.line,
              taps_y = K ? K : p.taps_y, taps_x = K ? K : p.taps_x;
    const int apart = K ? 1 : p.apart, row = apart * p.t.columns;
    int pixel[MT][2];
#pragma unroll
    for (int i = 0; i < MT; i++) {
#pragma unroll
        for (int half = 0; half < 2; half++) {
            int m = pixel_at(l, MT, i, 2 * half), y = m >> p.t.across_log2,
                x = m & ((1 << p.t.across_log2) - 1);
            pixel[i][half] = (y * p.t.columns + x) * p.step;
        }
    }
    const uint32_t *a = patch + (EXACT ? 0 : l.t * plane),
                   *b = weights + l.n * NT * 8 + (EXACT ? 2 * l.t : l.t * word + l.g);
    for (int k = 0; k < p.t.chunk; k += 8, a += 8 * plane, b += 8 * word) {
#pragma unroll
        for (int u = 0; u < taps_y; u++) {
#pragma unroll
            for (int v = 0; v < taps_x; v++) {
                const uint32_t *at = a + u * row + v * apart, *bt = b + (u * taps_x + v) * p.t.line;
                if constexpr (EXACT) multiply_step_exact<MT, NT>(at, bt, pixel, plane, word, acc);
                else multiply_step<P, MT, NT>(at, bt, pixel, 4 * plane, 4 * word, acc);
            }
        }
    }
}

/* ---- a tile ---------------------------------------------------------------------------------- */

/* If several blocks share the tile's source channels, each stores its accumulators, and the last
 * one adds up all of them, in order. Returns true in that block. */
template <int MT, int NT>
static __device__ inline bool add_splits(const Product &p, Spot at, int tiles, int *counters,
                                         float acc[MT][NT][4]) {
    if (p.t.splits == 1) return true;
    const size_t tile = (size_t)at.group * tiles + at.tile, size = (size_t)(MT * NT) * blockDim.x;
    float4 *first = reinterpret_cast<float4 *>(p.partial) + tile * p.t.splits * size + threadIdx.x,
           *mine = first + at.split * size;
#pragma unroll
    for (int i = 0; i < MT * NT; i++) {
        const float *c = acc[i / NT][i % NT];
        mine[i * blockDim.x] = make_float4(c[0], c[1], c[2], c[3]);
    }
    if (!is_last_block(counters + tile, p.t.splits)) return false;
#pragma unroll
    for (int i = 0; i < MT * NT; i++) {
        float *c = acc[i / NT][i % NT];
        float4 sum = make_float4(0, 0, 0, 0);
#pragma unroll 4
        for (int s = 0; s < p.t.splits; s++) {
            float4 v = first[s * size + i * blockDim.x];
            sum.x += v.x, sum.y += v.y, sum.z += v.z, sum.w += v.w;
        }
        c[0] = sum.x, c[1] = sum.y, c[2] = sum.z, c[3] = sum.w;
    }
    return true;
}

template <P2cPrecision P>
static __device__ inline void stage(const Product &p, Spot at, int k, int end, float *patch,
                                    float *weights) {
    stage_patch(p, at, k, end, floats_in_word<P>() * p.t.chunk, patch);
    stage_weights(p, at, k, end, floats_in_word<P>(), weights);
    cp_async_commit();
}

/* Computes the sums of the tile `at` in acc. Returns true to all threads of the block that must
 * store them, false in other blocks. `tiles` as for spot_of. */
template <P2cPrecision P, int K, int MT, int NT>
static __device__ inline bool compute_tile(const Product &p, Spot at, int tiles, int *counters,
                                           uint32_t *shared, float acc[MT][NT][4]) {
    constexpr int FLOATS = floats_in_word<P>();
    const SharedParts part = shared_of(p, FLOATS);
    const int begin = at.split * p.t.split, end = min(begin + p.t.split, p.channels),
              chunk = FLOATS * p.t.chunk;
    float2 *norms = reinterpret_cast<float2 *>(shared + part.norms);
    float *staged_patch = reinterpret_cast<float *>(shared + part.stage),
          *staged_weights = reinterpret_cast<float *>(shared + part.stage_weights);
#pragma unroll
    for (int i = 0; i < MT * NT * 4; i++) acc[i / 4 / NT][i / 4 % NT][i % 4] = 0;
    if (p.t.staged && begin < end) stage<P>(p, at, begin, end, staged_patch, staged_weights);
    if (p.normalised) load_norms(p, at, begin, end, norms);
    for (int k = begin; k < end; k += chunk) {
        if (p.t.staged) cp_async_wait<0>();
        __syncthreads(); /* the previous chunk has been multiplied, and the norms are loaded */
        load_weights<P>(p, at, k, end, staged_weights, shared + part.weights);
        load_patch<P>(p, at, k, end, norms + (k - begin), staged_patch, shared + part.patch);
        if (p.t.staged && k + chunk < end)
            stage<P>(p, at, k + chunk, end, staged_patch, staged_weights);
        __syncthreads();
        multiply_chunk<P, K, MT, NT>(p, shared + part.patch, shared + part.weights, acc);
    }
    __syncthreads(); /* shared memory may be reused */
    return add_splits<MT, NT>(p, at, tiles, counters, acc);
}

/* The sum over the tile's pixels for each of its channels, from the threads' own sums:
 * sums[warp_m][channel], for sum_over_warps. */
template <int NT> static __device__ inline void sum_pixels(float own[NT][2], Shape s, float *sums) {
    const Lane l = lane_of(s);
#pragma unroll
    for (int j = 0; j < NT; j++) {
#pragma unroll
        for (int r = 0; r < 2; r++) {
            for (int step = 4; step < WARP; step *= 2)
                own[j][r] += __shfl_xor_sync(0xFFFFFFFFu, own[j][r], step);
            if (l.g == 0) sums[l.m * channels_of(s) + channel_at(l, NT, j, r)] = own[j][r];
        }
    }
    __syncthreads();
}

static __device__ inline float sum_over_warps(const float *sums, Shape s, int channel) {
    float sum = 0;
    for (int m = 0; m < s.warps_m; m++) sum += sums[m * channels_of(s) + channel];
    return sum;
}

#endif

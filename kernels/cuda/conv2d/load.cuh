/* load.cuh: loads source pixels and weights into shared memory: indices resolved, normalised, and
 * rounded for the tensor cores.
 *
 * Loading has two halves, so that a block need not wait. `stage` starts copies of a chunk's raw
 * floats into a separate part of shared memory, while the previous chunk is multiplied. Then `load`
 * converts them to words, where the multiplication reads them. A thread loads what it has staged
 * itself, so it waits only for its own copies. If shared memory is too small for staging, `load`
 * reads global memory. */
#ifndef P2C_CUDA_CONV2D_LOAD_CUH
#define P2C_CUDA_CONV2D_LOAD_CUH

#include "copy.h"
#include "mma.h"
#include "product.cuh"

enum { LOADS = 8 }; /* floats of an item, one channel after the other */

template <P2cPrecision P> static __device__ inline uint32_t word_of(float low, float high) {
    if constexpr (P == P2C_PRECISION_BF16) return pack_bf16(low, high);
    else if constexpr (P == P2C_PRECISION_TF32) return to_tf32(low);
    else return __float_as_uint(low);
}

/* Loads the norms of source channels `begin` to `end`, as (mean, r). */
static __device__ inline void load_norms(const Product &p, Spot at, int begin, int end,
                                         float2 *norms) {
    for (int k = begin + (int)threadIdx.x; k < end; k += (int)blockDim.x) {
        Norm n = norm_of(p.statistics, at.picture * p.channels + k, p.eps, p.relu);
        norms[k - begin] = make_float2(n.mean, n.r);
    }
}

/* ---- source pixels: the patch that the tile's pixels see, [word][row][column] ---------------- */

/* A position of the patch, in LOADS channels; pixel: its offset in the picture's first channel. */
struct Pixels {
    int group, position;
    const float *pixel;
    bool inside;
};

static __device__ inline Pixels pixels_at(const Product &p, Spot at, int item) {
    Pixels i;
    i.group = quotient(item, p.by_positions), i.position = item - i.group * (int)p.by_positions.d;
    int row = quotient(i.position, p.by_columns), column = i.position - row * p.t.columns;
    int y = source_of(at.y * p.step + row + p.origin_y, p.height, p.up, p.reflect);
    int x = source_of(at.x * p.step + column + p.origin_x, p.width, p.up, p.reflect);
    i.inside = y >= 0 && x >= 0;
    i.pixel = p.from + (size_t)at.picture * p.channels * p.rows * p.cols +
              (i.inside ? y * p.cols + x : 0);
    return i;
}

/* Stages channels k to `end`. */
static __device__ inline void stage_patch(const Product &p, Spot at, int k, int end, int channels,
                                          float *stage) {
    const int items = (int)p.by_positions.d * (channels / LOADS);
    const size_t area = (size_t)p.rows * p.cols;
    for (int e = (int)threadIdx.x; e < items; e += (int)blockDim.x) {
        const Pixels from = pixels_at(p, at, e);
        const int first = k + from.group * LOADS;
#pragma unroll
        for (int i = 0; i < LOADS; i++) {
            bool present = from.inside && first + i < end;
            cp_async4(&stage[i * items + e], present ? from.pixel + (first + i) * area : p.from,
                      present);
        }
    }
}

template <P2cPrecision P>
static __device__ inline void load_patch(const Product &p, Spot at, int k, int end,
                                         const float2 *norms, const float *stage, uint32_t *patch) {
    constexpr int FLOATS = floats_in_word<P>(), WORDS = LOADS / FLOATS;
    const int items = (int)p.by_positions.d * (p.t.chunk / WORDS);
    const size_t area = (size_t)p.rows * p.cols;
    const float floor = p.normalised && p.relu ? 0 : -INFINITY;
    for (int e = (int)threadIdx.x; e < items; e += (int)blockDim.x) {
        const Pixels from = pixels_at(p, at, e);
        const int group = from.group * LOADS, count = from.inside ? end - k - group : 0;
        float v[LOADS];
        if (p.t.staged) {
#pragma unroll
            for (int i = 0; i < LOADS; i++) v[i] = stage[i * items + e];
        } else {
#pragma unroll
            for (int i = 0; i < LOADS; i++)
                v[i] = i < count ? from.pixel[(k + group + i) * area] : 0;
        }
        if (p.normalised) {
#pragma unroll
            for (int i = 0; i < LOADS; i++) {
                if (i >= count) continue;
                Norm n = { norms[group + i].x, norms[group + i].y, floor };
                v[i] = normalised(v[i], n);
            }
        }
#pragma unroll
        for (int i = 0; i < WORDS; i++)
            patch[(from.group * WORDS + i) * p.t.plane + from.position] =
                word_of<P>(v[i * FLOATS], v[i * FLOATS + FLOATS - 1]);
    }
}

/* ---- weights of the tile's channels: [word][tap][channel] ------------------------------------ */

/* A tap of a word, in LOADS outputs; w: of the first of them, and of the word's first source
 * channel. */
struct Weights {
    int word, tap, group;
    const float *w;
};

/* lines: taps of all words of a chunk; items: lines, for each group of outputs. */
static __device__ inline Weights weights_at(const Product &p, Spot at, int k, int floats, int item,
                                            int lines) {
    Weights i;
    i.group = 0;
    for (; item >= lines; item -= lines) i.group++;
    i.word = quotient(item, p.taps), i.tap = item - i.word * (int)p.taps.d;
    int u = quotient(i.tap, p.by_taps_x), v = i.tap - u * p.taps_x;
    i.w = p.weights + (size_t)(at.channel + i.group * LOADS) * p.per_output +
          (size_t)(k + i.word * floats) * p.per_source;
    i.w += u * p.per_row + v * p.per_column;
    return i;
}

static __device__ inline void stage_weights(const Product &p, Spot at, int k, int end, int floats,
                                            float *stage) {
    const int lines = p.t.chunk * (int)p.taps.d, items = lines * (channels_of(p.t.shape) / LOADS);
    for (int e = (int)threadIdx.x; e < items; e += (int)blockDim.x) {
        const Weights from = weights_at(p, at, k, floats, e, lines);
        for (int j = 0; j < floats; j++) {
            int outputs =
                k + from.word * floats + j < end ? p.outputs - at.channel - from.group * LOADS : 0;
#pragma unroll
            for (int i = 0; i < LOADS; i++) {
                bool present = i < outputs;
                cp_async4(&stage[(j * LOADS + i) * items + e],
                          present ? from.w + (size_t)i * p.per_output + (size_t)j * p.per_source
                                  : p.weights,
                          present);
            }
        }
    }
}

template <P2cPrecision P>
static __device__ inline void load_weights(const Product &p, Spot at, int k, int end,
                                           const float *stage, uint32_t *weights) {
    constexpr int FLOATS = floats_in_word<P>();
    const int lines = p.t.chunk * (int)p.taps.d, items = lines * (channels_of(p.t.shape) / LOADS);
    for (int e = (int)threadIdx.x; e < items; e += (int)blockDim.x) {
        const Weights from = weights_at(p, at, k, FLOATS, e, lines);
        float v[FLOATS][LOADS];
#pragma unroll
        for (int j = 0; j < FLOATS; j++) {
            int outputs =
                k + from.word * FLOATS + j < end ? p.outputs - at.channel - from.group * LOADS : 0;
            if (p.t.staged) {
#pragma unroll
                for (int i = 0; i < LOADS; i++) v[j][i] = stage[(j * LOADS + i) * items + e];
            } else {
#pragma unroll
                for (int i = 0; i < LOADS; i++)
                    v[j][i] = i < outputs
                                  ? from.w[(size_t)i * p.per_output + (size_t)j * p.per_source]
                                  : 0;
            }
        }
        uint4 *to = reinterpret_cast<uint4 *>(
            weights + (from.word * p.t.lines + from.tap) * p.t.line + from.group * LOADS);
        constexpr int HIGH = FLOATS - 1;
#pragma unroll
        for (int i = 0; i < LOADS; i += 4)
            to[i / 4] = make_uint4(
                word_of<P>(v[0][i], v[HIGH][i]), word_of<P>(v[0][i + 1], v[HIGH][i + 1]),
                word_of<P>(v[0][i + 2], v[HIGH][i + 2]), word_of<P>(v[0][i + 3], v[HIGH][i + 3]));
    }
}

#endif

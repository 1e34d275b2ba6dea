/* conv2d_tile.cuh: the tile of an implicit matrix product that a block of threads computes. What it is all about: conv2d.cuh.
 *
 * Forward and the input gradient are one product, seen from two sides: an output (pixel, channel) is the sum over source channels k and taps
 * (u, v) of source[k][i*step+u+origin_y][j*step+v+origin_x] * weight(channel, k, u, v). Product says which source, taps and weights these are;
 * Tiling how outputs are dealt out to blocks, and a block's to its warps. */
#ifndef P2C_CUDA_CONV2D_TILE_CUH
#define P2C_CUDA_CONV2D_TILE_CUH

#include "conv2d.cuh"
#include "mma.h"

/* n / d by a multiplication, for n * d < 2^32. */
struct Divisor {
    unsigned d, magic;
};

static __host__ __device__ inline Divisor divisor_of(int d) {
    Divisor by = { (unsigned)d, d > 1 ? 0xFFFFFFFFu / (unsigned)d + 1 : 0 };
    return by;
}

static __device__ inline int quotient(int n, Divisor by) {
    return by.magic ? (int)((unsigned long long)(unsigned)n * by.magic >> 32) : n;
}

/* The warps' shares of a block's tile: each has mt tiles of 16 pixels and nt of 8 channels. */
struct Shape {
    int mt, nt, warps_m, warps_n;
};

struct Tiling {
    Shape shape;
    int across_log2;               /* a tile's pixels are 1 << across_log2 columns */
    int tiles_x, tiles_y, tiles_n; /* over the map, and over the channels */
    int chunk;                     /* words of each source pixel in shared memory at a time: a multiple of 8 */
    int splits, split;             /* blocks that share a tile's source channels; `split` channels each */
    int columns, plane;            /* of the patch: the words of a row, and those from plane to plane */
    int lines, line;               /* of the weights: lines a source word, and the words from line to line */
};

struct Product {
    /* source */
    const float *from;
    int channels, rows, cols; /* of a picture in memory */
    int height, width, up;    /* repeated */
    bool reflect, normed, relu;
    float eps;
    const float *moments;
    /* weights: weight(channel, k, u, v) = weights[channel*per_output + k*per_source + u*per_row + v*per_column] */
    const float *weights;
    int per_output, per_source, per_row, per_column;
    /* taps and outputs */
    int taps_y, taps_x, step, origin_y, origin_x;
    int outputs, out_rows, out_cols; /* of a picture */
    int first;                       /* picture of this launch */
    Divisor taps, by_taps_x, by_columns, by_positions; /* positions: of the patch */
    float *partial;                  /* [block][split][thread][accumulators] */
    Tiling t;
};

/* Which tile a block computes. */
struct Spot {
    int picture, channel, y, x; /* the tile's first */
    int tile, group;            /* numbers: of the tile in the map; of the map's channel tile, among all of the launch */
    int split;
};

static __host__ __device__ inline int pixels_of(Shape s) { return 16 * s.mt * s.warps_m; }
static __host__ __device__ inline int channels_of(Shape s) { return 8 * s.nt * s.warps_n; }
static __host__ __device__ inline int threads_of(Shape s) { return WARP * s.warps_m * s.warps_n; }

/* Floats in a word, and so source channels in the 8 words of a step of the tensor cores. */
template <P2cPrecision P> static __host__ __device__ constexpr int floats_in_word() { return P == P2C_PRECISION_BF16 ? 2 : 1; }

template <P2cPrecision P> static __device__ inline uint32_t word_of(float low, float high) {
    if constexpr (P == P2C_PRECISION_BF16) return pack_bf16(low, high);
    else if constexpr (P == P2C_PRECISION_TF32) return to_tf32(low);
    else return __float_as_uint(low);
}

/* blockIdx.x = ((picture * tiles_n + channel tile) * tiles + tile) * splits + split; `tiles` may be more than the map's own, see conv2d_input.cu */
static __device__ inline Spot spot_of(const Product &p, int tiles) {
    const Tiling &t = p.t;
    Spot at;
    int i = (int)blockIdx.x, across = 1 << t.across_log2;
    at.split = i % t.splits, i /= t.splits;
    at.tile = i % tiles, at.group = i / tiles;
    at.channel = at.group % t.tiles_n * channels_of(t.shape);
    at.picture = p.first + at.group / t.tiles_n;
    i = at.tile % (t.tiles_x * t.tiles_y);
    at.y = i / t.tiles_x * (pixels_of(t.shape) >> t.across_log2);
    at.x = i % t.tiles_x * across;
    return at;
}

/* How many counters the tiles' splits take; those of the launch's channel tiles come behind. */
static __device__ inline int counters_of_splits(const Tiling &t) { return t.splits > 1 ? (int)gridDim.x / t.splits : 0; }

/* ---- on the host ------------------------------------------------------------------------------------------------------ */

/* Picks the tiling of a product of n pictures and `classes` of output pixels, with so many floats a word, and fills in what follows from it.
 * false: it does not fit in shared memory (huge kernels or strides). conv2d_tiling.cu */
bool p2c_cuda_conv2d_tile(Product *p, int n, int classes, int floats);

static inline size_t shared_bytes(const Tiling &t, int floats) {
    size_t chunk = (size_t)t.chunk * (size_t)(t.plane + t.lines * t.line + 2 * floats), sums = 2 * (size_t)t.shape.warps_m * channels_of(t.shape);
    return sizeof(float) * (chunk > sums ? chunk : sums);
}

/* The memory of Product.partial. */
static inline size_t splits_bytes(const Product &p, int n, int classes) {
    size_t tile = (size_t)pixels_of(p.t.shape) * channels_of(p.t.shape) * sizeof(float);
    return p.t.splits > 1 ? (size_t)n * p.t.tiles_n * classes * p.t.tiles_x * p.t.tiles_y * p.t.splits * tile : 0;
}

/* As many as there are counters for. */
static inline int pictures_per_launch(const Product &p, int tiles) {
    return MOST_COUNTERS / (p.t.tiles_n * (p.t.splits > 1 ? tiles + 1 : 1));
}

/* ---- loading ------------------------------------------------------------------------------------------------------- */

enum { LOADS = 8 }; /* in flight at a time, of a thread */

/* The norms of `count` source channels from k on. */
static __device__ inline void load_norms(const Product &p, Spot at, int k, int count, float2 *norms) {
    for (int i = (int)threadIdx.x; i < count; i += (int)blockDim.x) {
        norms[i] = make_float2(0, 1);
        if (k + i >= p.channels) continue;
        Norm n = norm_of(p.moments, at.picture * p.channels + k + i, p.eps, p.relu);
        norms[i] = make_float2(n.mean, n.r);
    }
}

/* What the tile's pixels see of source channels k to `end`, as words: [word][row][column]. */
template <P2cPrecision P> static __device__ inline void load_patch(const Product &p, Spot at, int k, int end, const float2 *norms, uint32_t *patch) {
    constexpr int PACK = floats_in_word<P>(), WORDS = LOADS / PACK;
    const int positions = (int)p.by_positions.d, items = positions * (p.t.chunk / WORDS);
    const size_t area = (size_t)p.rows * (size_t)p.cols;
    const float *from = p.from + (size_t)at.picture * (size_t)p.channels * area;
    const float floor = p.normed && p.relu ? 0 : -INFINITY;
    for (int e = (int)threadIdx.x; e < items; e += (int)blockDim.x) {
        int group = quotient(e, p.by_positions), position = e - group * positions, row = quotient(position, p.by_columns);
        int column = position - row * p.t.columns;
        int y = source_of(at.y * p.step + row + p.origin_y, p.height, p.up, p.reflect);
        int x = source_of(at.x * p.step + column + p.origin_x, p.width, p.up, p.reflect);
        bool inside = y >= 0 && x >= 0;
        const float *pixel = from + (inside ? y * p.cols + x : 0);
        float v[LOADS];
#pragma unroll
        for (int i = 0; i < LOADS; i++) v[i] = inside && k + group * LOADS + i < end ? pixel[(size_t)(k + group * LOADS + i) * area] : 0;
        if (p.normed && inside) {
#pragma unroll
            for (int i = 0; i < LOADS; i++) {
                Norm n = { norms[group * LOADS + i].x, norms[group * LOADS + i].y, floor };
                v[i] = normed(v[i], n);
            }
        }
#pragma unroll
        for (int i = 0; i < WORDS; i++) patch[(group * WORDS + i) * p.t.plane + position] = word_of<P>(v[i * PACK], v[i * PACK + PACK - 1]);
    }
}

/* The weights of source channels k to `end` and the tile's channels, as words: [word][tap][channel]. */
template <P2cPrecision P> static __device__ inline void load_weights(const Product &p, Spot at, int k, int end, uint32_t *weights) {
    constexpr int PACK = floats_in_word<P>();
    const int taps = (int)p.taps.d, lines = p.t.chunk * taps, groups = channels_of(p.t.shape) / LOADS;
    for (int group = 0; group < groups; group++) {
        int channel = at.channel + group * LOADS;
        for (int e = (int)threadIdx.x; e < lines; e += (int)blockDim.x) {
            int word = quotient(e, p.taps), tap = e - word * taps, u = quotient(tap, p.by_taps_x), v = tap - u * p.taps_x, source = k + word * PACK;
            const float *w = p.weights + (size_t)channel * p.per_output + (size_t)source * p.per_source + u * p.per_row + v * p.per_column;
            float value[PACK][LOADS];
#pragma unroll
            for (int j = 0; j < PACK; j++) {
#pragma unroll
                for (int i = 0; i < LOADS; i++)
                    value[j][i] = source + j < end && channel + i < p.outputs ? w[(size_t)i * p.per_output + (size_t)j * p.per_source] : 0;
            }
            uint4 *to = reinterpret_cast<uint4 *>(weights + (size_t)(word * p.t.lines + tap) * p.t.line + group * LOADS);
#pragma unroll
            for (int i = 0; i < LOADS; i += 4)
                to[i / 4] = make_uint4(word_of<P>(value[0][i], value[PACK - 1][i]), word_of<P>(value[0][i + 1], value[PACK - 1][i + 1]),
                                       word_of<P>(value[0][i + 2], value[PACK - 1][i + 2]), word_of<P>(value[0][i + 3], value[PACK - 1][i + 3]));
        }
    }
}

/* ---- multiplying ------------------------------------------------------------------------------------------------------ */

/* A thread's place in the fragments of its warp, and the warp's in the block. */
struct Lane {
    int g, t, m, n;
};

static __device__ inline Lane lane_of(Shape s) {
    int lane = (int)threadIdx.x % WARP, warp = (int)threadIdx.x / WARP;
    Lane l = { lane / 4, lane % 4, warp % s.warps_m, warp / s.warps_m };
    return l;
}

/* The block's pixel and channel of accumulator r of the warp's tile i. */
static __device__ inline int pixel_at(Lane l, int mt, int i, int r) { return (l.m * mt + i) * 16 + l.g + (r / 2) * 8; }
static __device__ inline int channel_at(Lane l, int nt, int i, int r) { return (l.n * nt + i) * 8 + 2 * l.t + r % 2; }

/* One tap of 8 words, on tensor cores. a: the thread's word of the first plane, b: of the first line; 4 words on: a_four, b_four. */
template <P2cPrecision P, int MT, int NT>
static __device__ inline void multiply_step(const uint32_t *a, const uint32_t *b, const int pixel[MT][2], int a_four, int b_four, float acc[MT][NT][4]) {
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

/* The same in float32: every thread computes the accumulators that the tensor cores would leave it. */
template <int MT, int NT>
static __device__ inline void multiply_step_exact(const uint32_t *a, const uint32_t *b, const int pixel[MT][2], int plane, int b_one, float acc[MT][NT][4]) {
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

/* All taps of what is in shared memory. K: the kernel's size where it is known when compiling; 0: any. */
template <P2cPrecision P, int K, int MT, int NT>
static __device__ inline void multiply_chunk(const Product &p, const uint32_t *patch, const uint32_t *weights, float acc[MT][NT][4]) {
    constexpr bool EXACT = P == P2C_PRECISION_FP32;
    const Lane l = lane_of(p.t.shape);
    const int plane = p.t.plane, word = (K ? K * K | 1 : p.t.lines) * p.t.line, taps_y = K ? K : p.taps_y, taps_x = K ? K : p.taps_x;
    int pixel[MT][2];
#pragma unroll
    for (int i = 0; i < MT; i++) {
#pragma unroll
        for (int half = 0; half < 2; half++) {
            int m = pixel_at(l, MT, i, 2 * half), y = m >> p.t.across_log2, x = m & ((1 << p.t.across_log2) - 1);
            pixel[i][half] = (y * p.t.columns + x) * p.step;
        }
    }
    const uint32_t *a = patch + (EXACT ? 0 : l.t * plane), *b = weights + l.n * NT * 8 + (EXACT ? 2 * l.t : l.t * word + l.g);
    for (int k = 0; k < p.t.chunk; k += 8, a += 8 * plane, b += 8 * word) {
#pragma unroll
        for (int u = 0; u < taps_y; u++) {
#pragma unroll
            for (int v = 0; v < taps_x; v++) {
                const uint32_t *at = a + u * p.t.columns + v, *bt = b + (u * taps_x + v) * p.t.line;
                if constexpr (EXACT) multiply_step_exact<MT, NT>(at, bt, pixel, plane, word, acc);
                else multiply_step<P, MT, NT>(at, bt, pixel, 4 * plane, 4 * word, acc);
            }
        }
    }
}

/* ---- a tile --------------------------------------------------------------------------------------------------------------- */

/* Several blocks share the tile's source channels: all leave their accumulators, and the last one has the sum of all, in order. Whether this is it. */
template <int MT, int NT> static __device__ inline bool add_splits(const Product &p, Spot at, int tiles, int *counters, float acc[MT][NT][4]) {
    if (p.t.splits == 1) return true;
    const size_t tile = (size_t)at.group * tiles + at.tile, size = (size_t)(MT * NT) * blockDim.x;
    float4 *first = reinterpret_cast<float4 *>(p.partial) + tile * p.t.splits * size + threadIdx.x, *mine = first + at.split * size;
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

/* The sums of the tile `at` in acc, in the block that has to put them away: false, to all threads, in those that have not. `tiles` as for spot_of. */
template <P2cPrecision P, int K, int MT, int NT>
static __device__ inline bool compute_tile(const Product &p, Spot at, int tiles, int *counters, uint32_t *shared, float acc[MT][NT][4]) {
    constexpr int PACK = floats_in_word<P>();
    float2 *norms = reinterpret_cast<float2 *>(shared);
    uint32_t *patch = shared + 2 * PACK * p.t.chunk, *weights = patch + p.t.chunk * p.t.plane;
    const int begin = at.split * p.t.split, end = min(begin + p.t.split, p.channels);
#pragma unroll
    for (int i = 0; i < MT * NT * 4; i++) acc[i / 4 / NT][i / 4 % NT][i % 4] = 0;
    for (int k = begin; k < end; k += PACK * p.t.chunk) {
        if (k > begin) __syncthreads();
        if (p.normed) load_norms(p, at, k, PACK * p.t.chunk, norms);
        load_weights<P>(p, at, k, end, weights);
        if (p.normed) __syncthreads();
        load_patch<P>(p, at, k, end, norms, patch);
        __syncthreads();
        multiply_chunk<P, K, MT, NT>(p, patch, weights, acc);
    }
    __syncthreads(); /* shared memory is free again */
    return add_splits<MT, NT>(p, at, tiles, counters, acc);
}

/* The sum over the tile's pixels of each of its channels, from the threads' own: sums[warp_m][channel], for sum_over_warps. */
template <int NT> static __device__ inline void sum_pixels(float own[NT][2], Shape s, float *sums) {
    const Lane l = lane_of(s);
#pragma unroll
    for (int j = 0; j < NT; j++) {
#pragma unroll
        for (int r = 0; r < 2; r++) {
            for (int step = 4; step < WARP; step *= 2) own[j][r] += __shfl_xor_sync(0xFFFFFFFFu, own[j][r], step);
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

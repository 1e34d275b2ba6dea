/* conv2d_weights: the weight and the bias gradient of a convolution.
 *
 *      dw[o][m] (+)= sum over pixels k of x~[m][k] * dy[o][k]
 *      db[o] (+)= sum over pixels k of dy[o][k]
 *
 * m = (c,u,v) is a tap and k = (n,i,j) a pixel of y. x~[m][k] is what that tap reads for that
 * pixel: x normalised, repeated, padded.
 *
 * These are matrix products of 16 taps by 8 outputs, summed over 8 words of pixels. A block takes
 * some taps and outputs, and some tiles of pixels of all pictures. It loads a tile of dy and the
 * patch of x that it reads into shared memory, once, in the format of the precision. Tap m of any
 * pixel is then at a fixed distance, m's offset, from the pixel's first tap. bf16 has two pixels in
 * a word, from the upper and the lower half of the tile, so that every tap of both is one word
 * again.
 *
 * Grid: blocks of weights times splits of the tiles, as many as keep a large GPU busy. Splits store
 * their sums in `work`, in the layout of the registers. If they are few, the last block adds them
 * up, otherwise a second kernel does. */
#include "../sums.cuh"
#include "mma.h"
#include "weights.cuh"

enum { BATCH = 8 /* number of loads that a thread has in flight */ };

/* ---- loading --------------------------------------------------------------------------------- */

static __host__ __device__ constexpr int halves(P2cPrecision precision) {
    return precision == P2C_PRECISION_BF16 ? 2 : 1;
}

template <P2cPrecision P> static __device__ inline uint32_t word_of(const float v[2]) {
    return P == P2C_PRECISION_BF16   ? pack_bf16(v[0], v[1])
           : P == P2C_PRECISION_TF32 ? to_tf32(v[0])
                                     : __float_as_uint(v[0]);
}

/* A tile: its picture, and its first row and column of y. */
struct Tile {
    int n, top, left;
};

template <P2cPrecision P> static __device__ inline Tile tile_at(const Cut &t, int i) {
    Tile tile = { i / (t.across * t.down), i / t.across % t.down * t.rows * halves(P),
                  i % t.across << t.columns_log };
    return tile;
}

template <P2cPrecision P>
static __device__ inline void next_tile(const Conv &s, const Cut &t, Tile *tile) {
    tile->left += 1 << t.columns_log;
    if (tile->left < s.ow) return;
    tile->left = 0;
    tile->top += t.rows * halves(P);
    if (tile->top < s.oh) return;
    tile->top = 0;
    tile->n++;
}

/* A thread's share of a patch: where it begins, and the steps from place to place and from channel
 * to channel. */
struct Share {
    int place, places, channel, channels;
};

static __device__ inline Share share_of(const Cut &t) {
    int size = t.patch_rows * t.patch_columns,
        places = min((size + WARP - 1) / WARP * WARP, THREADS), channels = THREADS / places;
    Share share = { (int)threadIdx.x % places, places, (int)threadIdx.x / places, channels };
    if (share.channel >= channels) share.place = size; /* nothing is left for it */
    return share;
}

/* words[output][pixel]; zero outside the map and after the last output. A thread stays at a pixel
 * and goes through outputs, with BATCH loads in flight. */
template <P2cPrecision P>
static __device__ inline void load_dy(const Conv &s, const Cut &t, const float *__restrict__ dy,
                                      Tile tile, int first, int outputs, uint32_t *words) {
    int p = threadIdx.x & ((1 << t.words_log) - 1), step = THREADS >> t.words_log, hw = s.oh * s.ow,
        last = min(outputs, s.cout - first);
    int i = tile.top + (p >> t.columns_log), j = tile.left + (p & ((1 << t.columns_log) - 1));
    /* for both halves: number of outputs to be read */
    int lasts[2] = { i < s.oh && j < s.ow ? last : 0, i + t.rows < s.oh && j < s.ow ? last : 0 };
    const float *from = dy + ((size_t)tile.n * s.cout + first) * hw + i * s.ow + j;
    for (int o = threadIdx.x >> t.words_log; o < outputs; o += BATCH * step) {
        float v[BATCH][2];
#pragma unroll
        for (int b = 0; b < BATCH; b++)
#pragma unroll
            for (int h = 0; h < halves(P); h++)
                v[b][h] =
                    o + b * step < lasts[h] ? from[(o + b * step) * hw + h * t.rows * s.ow] : 0;
#pragma unroll
        for (int b = 0; b < BATCH; b++)
            if (o + b * step < outputs) words[(o + b * step) * t.dy_pitch + p] = word_of<P>(v[b]);
    }
}

/* The index in a plane of x of row i and column j of the repeated map; -1 for a zero. */
static __device__ inline int place_of(const Conv &s, int i, int j) {
    int row = source_of(i, s.h, s.up, s.reflect), column = source_of(j, s.w, s.up, s.reflect);
    return row < 0 || column < 0 ? -1 : row * s.xw + column;
}

/* Loads the norms of `channels` channels of picture n. All threads must call it. */
static __device__ inline void load_norms(const Conv &s, const float *statistics, int n, int first,
                                         int channels, Norm *norms) {
    if ((int)threadIdx.x < channels)
        norms[threadIdx.x] = norm_at(statistics, n * s.cin + first + threadIdx.x, s);
    __syncthreads();
}

/* words[channel][row][column], channels from `first` on. A thread stays at a place of the patch and
 * goes through channels, as in load_dy. */
template <P2cPrecision P>
static __device__ inline void load_patch(const Conv &s, const Cut &t, Share share,
                                         const float *__restrict__ x, const Norm *norms, Tile tile,
                                         int first, uint32_t *words) {
    int hw = s.xh * s.xw, channels = min(t.channels, s.cin - first);
    x += ((size_t)tile.n * s.cin + first) * hw;
    for (int p = share.place; p < t.patch_rows * t.patch_columns; p += share.places) {
        int row = (int)quotient((unsigned)p, t.by_columns), column = p - row * t.patch_columns,
            at[2];
        for (int h = 0; h < halves(P); h++)
            at[h] = place_of(s, (tile.top + h * t.rows) * s.stride + row - s.pad,
                             tile.left * s.stride + column - s.pad);
        for (int c = share.channel; c < channels; c += BATCH * share.channels) {
            float v[BATCH][2];
#pragma unroll
            for (int b = 0; b < BATCH; b++)
#pragma unroll
                for (int h = 0; h < halves(P); h++)
                    v[b][h] = c + b * share.channels < channels && at[h] >= 0
                                  ? x[(c + b * share.channels) * hw + at[h]]
                                  : 0;
#pragma unroll
            for (int b = 0; b < BATCH; b++) {
                int to = c + b * share.channels;
                if (to >= channels) break;
                for (int h = 0; h < halves(P); h++)
                    v[b][h] = at[h] < 0 ? 0 : normalised(v[b][h], norms[to]);
                words[to * t.plane + row * t.pitch + column] = word_of<P>(v[b]);
            }
        }
    }
}

/* ---- multiplying ----------------------------------------------------------------------------- */

/* The offset of the first tap of word q of a tile. */
static __device__ inline int patch_at(const Conv &s, const Cut &t, int q) {
    return ((q >> t.columns_log) * t.pitch + (q & ((1 << t.columns_log) - 1))) * s.stride;
}

/* sums[i][j] in the layout of an instruction's result: row lane/4 (+8), column lane%4*2 (+1).
 * offset: of the taps in those rows. */
template <P2cPrecision P, int MT, int NT>
static __device__ inline void multiply(const Conv &s, const Cut &t, const uint32_t *dy,
                                       const uint32_t *patch, const int offset[MT][2],
                                       float sums[MT][NT][4]) {
    int row = threadIdx.x % WARP / 4, k = threadIdx.x % 4;
#pragma unroll 2
    for (int q = k; q < 1 << t.words_log; q += INSTRUCTION_WORDS) {
        int near = patch_at(s, t, q), far = patch_at(s, t, q + 4);
        uint32_t b[NT][2];
#pragma unroll
        for (int j = 0; j < NT; j++) {
            b[j][0] = dy[(j * 8 + row) * t.dy_pitch + q];
            b[j][1] = dy[(j * 8 + row) * t.dy_pitch + q + 4];
        }
#pragma unroll
        for (int i = 0; i < MT; i++) {
            uint32_t a[4] = { patch[offset[i][0] + near], patch[offset[i][1] + near],
                              patch[offset[i][0] + far], patch[offset[i][1] + far] };
#pragma unroll
            for (int j = 0; j < NT; j++) {
                if (P == P2C_PRECISION_BF16) mma_bf16(sums[i][j], a, b[j]);
                else mma_tf32(sums[i][j], a, b[j]);
            }
        }
    }
}

/* The same in float32, without tensor cores. */
template <int MT, int NT>
static __device__ inline void multiply_exactly(const Conv &s, const Cut &t, const uint32_t *dy,
                                               const uint32_t *patch, const int offset[MT][2],
                                               float sums[MT][NT][4]) {
    int column = threadIdx.x % 4 * 2;
#pragma unroll 2
    for (int q = 0; q < 1 << t.words_log; q++) {
        int at = patch_at(s, t, q);
        float b[NT][2];
#pragma unroll
        for (int j = 0; j < NT; j++)
            for (int e = 0; e < 2; e++)
                b[j][e] = __uint_as_float(dy[(j * 8 + column + e) * t.dy_pitch + q]);
#pragma unroll
        for (int i = 0; i < MT; i++)
#pragma unroll
            for (int half = 0; half < 2; half++) {
                float a = __uint_as_float(patch[offset[i][half] + at]);
#pragma unroll
                for (int j = 0; j < NT; j++)
                    for (int e = 0; e < 2; e++) sums[i][j][2 * half + e] += a * b[j][e];
            }
    }
}

/* ---- adding up ------------------------------------------------------------------------------- */

/* Stores the part of a product that a lane holds: taps m and m + 8 of outputs o and o + 1. */
static __device__ inline void put_products(int taps, int outputs, int m, int o, float4 sums,
                                           float *dw, bool overwrite) {
    float v[4] = { sums.x, sums.y, sums.z, sums.w };
    dw += (size_t)o * taps + m;
#pragma unroll
    for (int e = 0; e < 4; e++)
        if (m + e / 2 * 8 < taps && o + e % 2 < outputs)
            put(&dw[e % 2 * taps + e / 2 * 8], v[e], overwrite);
}

/* Stores a block's sums as float4: slot ((warp * mt + i) * nt + j) * WARP + lane has the lane's
 * part of the warp's product (i,j). */
static __device__ inline void put_slot(const Conv &s, const Cut &t, int block, int slot,
                                       float4 sums, float *dw, bool overwrite) {
    int lane = slot % WARP, j = slot / WARP % t.nt, i = slot / WARP / t.nt % t.mt,
        warp = slot / WARP / (t.nt * t.mt);
    int m = ((block % t.m_blocks * t.m_warps + warp % t.m_warps) * t.mt + i) * 16 + lane / 4;
    int o = ((block / t.m_blocks * t.n_warps + warp / t.m_warps) * t.nt + j) * 8 + lane % 4 * 2;
    put_products(s.cin * s.kh * s.kw, s.cout, m, o, sums, dw, overwrite);
}

/* The sum of `count` float4 that are `step` apart, in order. */
static __device__ inline float4 sum_of(const float4 *from, int count, size_t step) {
    float4 sum = make_float4(0, 0, 0, 0);
#pragma unroll 8
    for (int k = 0; k < count; k++) {
        float4 v = from[k * step];
        sum.x += v.x, sum.y += v.y, sum.z += v.z, sum.w += v.w;
    }
    return sum;
}

/* Adds up the splits of SLOTS slots, each by PARTS threads. */
enum { SLOTS = 16, PARTS = THREADS / SLOTS };

static __global__ void splits_kernel(Conv s, Cut t, const float4 *partial, float *dw,
                                     bool overwrite) {
    __shared__ float4 sums[PARTS][SLOTS];
    int per_block = t.slots / SLOTS, block = blockIdx.x / per_block,
        slot = blockIdx.x % per_block * SLOTS + threadIdx.x % SLOTS, part = threadIdx.x / SLOTS;
    const float4 *from = partial + ((size_t)block * t.splits + part) * t.slots + slot;
    sums[part][threadIdx.x % SLOTS] =
        sum_of(from, over(max(t.splits - part, 0), PARTS), (size_t)PARTS * t.slots);
    __syncthreads();
    if (part == 0)
        put_slot(s, t, block, slot, sum_of(&sums[0][threadIdx.x], PARTS, SLOTS), dw, overwrite);
}

template <P2cPrecision P, int MT, int NT>
static __global__ void __launch_bounds__(THREADS, 2)
    weights_kernel(Conv s, Cut t, const float *__restrict__ x, const float *__restrict__ statistics,
                   const float *__restrict__ dy, float4 *partial, int *counters, float *dw,
                   bool overwrite) {
    __shared__ Norm norms[MOST_CHANNELS];
    P2C_DYNAMIC_SHARED(uint32_t, shared);
    int block = blockIdx.x / t.splits, split = blockIdx.x % t.splits, kernel = s.kh * s.kw,
        taps = s.cin * kernel;
    int warp = threadIdx.x / WARP, m_warp = warp % t.m_warps, n_warp = warp / t.m_warps;
    int block_m = block % t.m_blocks * t.m_warps * MT * 16,
        block_n = block / t.m_blocks * t.n_warps * NT * 8, outputs = t.n_warps * NT * 8;
    int m = block_m + m_warp * MT * 16 + threadIdx.x % WARP / 4, channel = block_m / kernel;
    bool multiplies = n_warp < t.n_warps;
    uint32_t *words = shared + n_warp * NT * 8 * t.dy_pitch, *patch = shared + outputs * t.dy_pitch;
    int offset[MT][2];
    float sums[MT][NT][4] = { 0 };
    int n = -1;
    for (int i = 0; i < MT * 2; i++) {
        int tap = min(m + i * 8, taps - 1);
        offset[i / 2][i % 2] = (tap / kernel - channel) * t.plane +
                               (tap % kernel / s.kw * t.pitch + tap % s.kw) * s.dilation;
    }
    Share share = share_of(t);
    Tile tile = tile_at<P>(t, split * t.split_tiles);
    for (int i = min(t.split_tiles, t.tiles - split * t.split_tiles); i;
         i--, next_tile<P>(s, t, &tile)) {
        __syncthreads();
        if (tile.n != n)
            load_norms(s, statistics, n = tile.n, channel, min(t.channels, s.cin - channel), norms);
        load_dy<P>(s, t, dy, tile, block_n, outputs, shared);
        load_patch<P>(s, t, share, x, norms, tile, channel, patch);
        __syncthreads();
        if (!multiplies) continue;
        if (P == P2C_PRECISION_FP32) multiply_exactly<MT, NT>(s, t, words, patch, offset, sums);
        else multiply<P, MT, NT>(s, t, words, patch, offset, sums);
    }
    partial += (size_t)block * t.splits * t.slots;
#pragma unroll
    for (int i = 0; i < MT; i++)
#pragma unroll
        for (int j = 0; j < NT; j++) {
            if (!multiplies) continue;
            float4 sum = make_float4(sums[i][j][0], sums[i][j][1], sums[i][j][2], sums[i][j][3]);
            int o = block_n + (n_warp * NT + j) * 8 + threadIdx.x % 4 * 2;
            if (t.splits == 1) put_products(taps, s.cout, m + i * 16, o, sum, dw, overwrite);
            else
                partial[split * t.slots + ((warp * MT + i) * NT + j) * WARP + threadIdx.x % WARP] =
                    sum;
        }
    if (t.splits == 1 || !t.last_block_adds || !is_last_block(counters + block, t.splits)) return;
    for (int i = threadIdx.x; i < t.slots; i += THREADS)
        put_slot(s, t, block, i, sum_of(partial + i, t.splits, t.slots), dw, overwrite);
}

/* ---- one weight at a time ---------------------------------------------------------------------
 * For groups, and for kernels whose patch does not fit: a warp per weight. The networks that are
 * trained here do not need it, so it is not optimised. */

static __global__ void one_weight_kernel(Conv s, const float *x, const float *statistics,
                                         const float *dy, float *dw, bool overwrite) {
    int weight = blockIdx.x * (THREADS / WARP) + threadIdx.x / WARP, kernel = s.kh * s.kw,
        taps = s.cin * kernel, area = s.oh * s.ow;
    if (weight >= s.groups * s.cout * taps) return;
    int output = weight / taps, tap = weight % taps, input = output / s.cout * s.cin + tap / kernel,
        row = tap % kernel / s.kw, column = tap % s.kw;
    float sum = 0;
    for (int k = threadIdx.x % WARP; k < s.n * area; k += WARP) {
        int n = k / area, i = k % area / s.ow, j = k % s.ow;
        size_t plane = (size_t)n * s.groups * s.cin + input;
        int at = place_of(s, i * s.stride + row * s.dilation - s.pad,
                          j * s.stride + column * s.dilation - s.pad);
        float v = at < 0
                      ? 0
                      : normalised(x[plane * s.xh * s.xw + at], norm_at(statistics, (int)plane, s));
        sum += v * dy[((size_t)n * s.groups * s.cout + output) * area + k % area];
    }
    sum = warp_sum(sum);
    if (threadIdx.x % WARP == 0) put(&dw[weight], sum, overwrite);
}

/* ---- bias ------------------------------------------------------------------------------------ */

struct BiasTerm {
    const float *dy;
    __device__ float operator()(unsigned i, unsigned) const { return dy[i]; }
    __device__ void pass(unsigned, unsigned) const {}
};

static Sums bias_sums(Conv s) {
    P2cDims y = { 4, { s.n, s.groups * s.cout, s.oh, s.ow } },
            b = { 4, { 1, s.groups * s.cout, 1, 1 } };
    return sums_of_operand(y, b, b);
}

/* ---- the call -------------------------------------------------------------------------------- */

template <P2cPrecision P> static void weights(const P2cCall *call, Conv s) {
    Cut t = cut_of(s, P == P2C_PRECISION_BF16 ? 2 : 1);
    unsigned blocks = (unsigned)(t.m_blocks * t.n_blocks) * (unsigned)t.splits;
    void (*kernel)(Conv, Cut, const float *, const float *, const float *, float4 *, int *, float *,
                   bool) = t.nt == 1   ? weights_kernel<P, 1, 1>
                           : t.nt == 2 ? weights_kernel<P, 2, 2>
                                       : weights_kernel<P, 2, 4>;
    P2C_LAUNCH(kernel, blocks, THREADS, shared_bytes(t), call->queue, s, t, call->x[0],
               statistics_of_x(call), call->dy, (float4 *)call->work, call->queue->counters,
               call->dx[1], is_overwritten(call, 1));
    if (t.splits > 1 && !t.last_block_adds)
        P2C_LAUNCH(splits_kernel, (unsigned)(t.m_blocks * t.n_blocks * (t.slots / SLOTS)), THREADS,
                   0, call->queue, s, t, (const float4 *)call->work, call->dx[1],
                   is_overwritten(call, 1));
}

static void weight_gradient(const P2cCall *call, Conv s) {
    P2cPrecision precision = precision_of(call);
    if (!can_cut(s))
        P2C_LAUNCH(one_weight_kernel, blocks_for(count_of(call->node->x[1]), THREADS / WARP),
                   THREADS, 0, call->queue, s, call->x[0], statistics_of_x(call), call->dy,
                   call->dx[1], is_overwritten(call, 1));
    else if (precision == P2C_PRECISION_BF16) weights<P2C_PRECISION_BF16>(call, s);
    else if (precision == P2C_PRECISION_TF32) weights<P2C_PRECISION_TF32>(call, s);
    else weights<P2C_PRECISION_FP32>(call, s);
}

void p2c_cuda_conv2d_weight_gradient(const P2cCall *call, Conv s) {
    if (call->dx[1]) weight_gradient(call, s);
    if (call->dx[2])
        put_sums(call, bias_sums(s), BiasTerm{ call->dy }, 1, call->dx[2], is_overwritten(call, 2));
}

/* Large enough for every precision, because the context may change it. */
size_t p2c_cuda_conv2d_weight_work(Conv s) {
    size_t bias = sums_work(bias_sums(s));
    return can_cut(s) ? max(bias, max(partial_bytes(cut_of(s, 1)), partial_bytes(cut_of(s, 2))))
                      : bias;
}

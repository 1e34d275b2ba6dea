/* product.cuh: the implicit matrix product of a convolution, and its tiles; see conv2d.cuh.
 *
 * Forward and the input gradient are the same product: an output (pixel, channel) is the sum over
 * source channels k and taps (u, v) of source[k][i*step+u*apart+origin_y][j*step+v*apart+origin_x]
 * * weight(channel, k, u, v). Product says which source, taps and weights these are. Tiling says
 * how outputs are divided among blocks, and a block's outputs among its warps. */
#ifndef P2C_CUDA_CONV2D_PRODUCT_CUH
#define P2C_CUDA_CONV2D_PRODUCT_CUH

#include "conv2d.cuh"

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

/* The warps' parts of a block's tile: each has mt tiles of 16 pixels and nt of 8 channels. */
struct Shape {
    int mt, nt, warps_m, warps_n;
};

struct Tiling {
    Shape shape;
    int across_log2;               /* a tile is 1 << across_log2 pixels wide */
    int tiles_x, tiles_y, tiles_n; /* over the map, and over the channels */
    /* words of each source pixel that are in shared memory at a time: a multiple of 8 */
    int chunk;
    /* shared memory has space for the next chunk, as it comes from global memory, while this one is
     * multiplied */
    bool staged;
    /* number of blocks that share a tile's source channels; each takes `split` channels */
    int splits, split;
    /* words in a row of the patch, and from plane to plane */
    int columns, plane;
    /* of the weights: lines for each source word, and words from line to line */
    int lines, line;
};

struct Product {
    /* source */
    const float *from;
    int channels, rows, cols; /* of a picture in memory */
    int height, width, up;    /* the repeated size, and the factor */
    bool reflect, normalised, relu;
    float eps;
    const float *statistics;
    /* weights: weight(channel, k, u, v) = weights[channel*per_output + k*per_source + u*per_row +
     * v*per_column] */
    const float *weights;
    int per_output, per_source, per_row, per_column;
    /* taps and outputs */
    int taps_y, taps_x, apart, step, origin_y, origin_x;
    int outputs, out_rows, out_cols;                   /* of a picture */
    int first;                                         /* picture of this launch */
    Divisor taps, by_taps_x, by_columns, by_positions; /* by numbers of positions: of the patch */
    float *partial;                                    /* [block][split][thread][accumulators] */
    Tiling t;
};

/* Which tile a block computes. */
struct Spot {
    int picture, channel, y, x; /* the first of the tile */
    /* index of the tile in the map; index of the map's channel tile in the launch */
    int tile, group;
    int split;
};

static __host__ __device__ inline int pixels_of(Shape s) { return 16 * s.mt * s.warps_m; }
static __host__ __device__ inline int channels_of(Shape s) { return 8 * s.nt * s.warps_n; }
static __host__ __device__ inline int threads_of(Shape s) { return WARP * s.warps_m * s.warps_n; }

/* Floats in a word. 8 words of so many source channels are a step of the tensor cores. */
template <P2cPrecision P> static __host__ __device__ constexpr int floats_in_word() {
    return P == P2C_PRECISION_BF16 ? 2 : 1;
}

/* blockIdx.x = ((picture * tiles_n + channel tile) * tiles + tile) * splits + split. `tiles` may be
 * more than the map's own, see input.cu. */
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

/* Number of counters for split tiles. Those of the launch's channel tiles come after them. */
static __device__ inline int counters_of_splits(const Tiling &t) {
    return t.splits > 1 ? (int)gridDim.x / t.splits : 0;
}

/* The parts of shared memory and its total size, in words. */
struct SharedParts {
    int norms, patch, weights, stage, stage_weights, words;
};

static __host__ __device__ inline SharedParts shared_of(const Product &p, int floats) {
    const Tiling &t = p.t;
    const int staged = t.staged ? t.chunk * floats : 0; /* channels */
    SharedParts at;
    at.norms = 0;
    at.patch = p.normalised ? (2 * t.split + 3) / 4 * 4 : 0;
    at.weights = at.patch + t.chunk * t.plane;
    at.stage = at.weights + t.chunk * t.lines * t.line;
    at.stage_weights = at.stage + staged * (int)p.by_positions.d;
    at.words = at.stage_weights + staged * (int)p.taps.d * channels_of(t.shape);
    return at;
}

/* ---- on the host ----------------------------------------------------------------------------- */

/* Picks the tiling for a product of n pictures and `classes` of output pixels, with so many floats
 * in a word, and sets the fields that follow from it. Returns false if it does not fit in shared
 * memory (huge kernels or strides). tiling.cu */
bool p2c_cuda_conv2d_tile(Product *p, int n, int classes, int floats);

static inline size_t shared_bytes(const Product &p, int floats) {
    size_t words = shared_of(p, floats).words,
           sums = 2 * (size_t)p.t.shape.warps_m * channels_of(p.t.shape);
    return sizeof(float) * (words > sums ? words : sums);
}

/* Size of Product.partial. */
static inline size_t splits_bytes(const Product &p, int n, int classes) {
    size_t tile = (size_t)pixels_of(p.t.shape) * channels_of(p.t.shape) * sizeof(float);
    return p.t.splits > 1
               ? (size_t)n * p.t.tiles_n * classes * p.t.tiles_x * p.t.tiles_y * p.t.splits * tile
               : 0;
}

/* As many pictures as there are counters for. */
static inline int pictures_per_launch(const Product &p, int tiles) {
    return MOST_COUNTERS / (p.t.tiles_n * (p.t.splits > 1 ? tiles + 1 : 1));
}

#endif

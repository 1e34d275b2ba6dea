/* forward.cu: computes y, with bias, a following ReLU and the statistics of its planes. A block
 * computes a tile of pixels and channels (tile.cuh), and the last block of a map's channel tile
 * merges what the blocks store for each plane: (mean, sum of squared deviations). */
#include "tile.cuh"

struct ConvForward {
    Product p;
    const float *bias;
    float slope; /* of the activation */
    float *y, *statistics;
    float2 *pieces; /* [plane][tile] */
    /* first those of the tiles that are split, then those of the maps' channel tiles */
    int *counters;
};

/* Number of the tile's pixels that are in the map. */
static __device__ inline int tile_size(const Product &p, int tile) {
    int across = 1 << p.t.across_log2, down = pixels_of(p.t.shape) >> p.t.across_log2;
    int y = tile / p.t.tiles_x * down, x = tile % p.t.tiles_x * across;
    return min(down, p.out_rows - y) * min(across, p.out_cols - x);
}

static __device__ inline bool in_map(const Product &p, Spot at, int pixel) {
    return at.y + (pixel >> p.t.across_log2) < p.out_rows &&
           at.x + (pixel & ((1 << p.t.across_log2) - 1)) < p.out_cols;
}

template <int MT, int NT>
static __device__ inline void put_tile(const ConvForward &f, Spot at, float acc[MT][NT][4]) {
    const Product &p = f.p;
    const Lane l = lane_of(p.t.shape);
    const size_t area = (size_t)p.out_rows * p.out_cols;
#pragma unroll
    for (int j = 0; j < NT; j++) {
#pragma unroll
        for (int r = 0; r < 2; r++) {
            int channel = at.channel + channel_at(l, NT, j, r);
            if (channel >= p.outputs) continue;
            float bias = f.bias ? f.bias[channel] : 0,
                  *plane = f.y + ((size_t)at.picture * p.outputs + channel) * area;
#pragma unroll
            for (int i = 0; i < MT * 2; i++) {
                int m = pixel_at(l, MT, i / 2, i % 2 * 2), y = at.y + (m >> p.t.across_log2),
                    x = at.x + (m & ((1 << p.t.across_log2) - 1));
                float value = acc[i / 2][j][i % 2 * 2 + r] =
                    activated(acc[i / 2][j][i % 2 * 2 + r] + bias, f.slope);
                if (in_map(p, at, m)) plane[(size_t)y * p.out_cols + x] = value;
            }
        }
    }
}

/* Stores (mean, sum of squared deviations) of the tile's pixels, for each of its planes, to
 * `pieces`. */
template <int MT, int NT>
static __device__ inline void put_pieces(const ConvForward &f, Spot at, int tiles, float *sums,
                                         const float acc[MT][NT][4]) {
    const Product &p = f.p;
    const Shape s = p.t.shape;
    const Lane l = lane_of(s);
    float own[NT][2], mean[NT][2] = {}, size = (float)tile_size(p, at.tile);
    bool inside[MT][2];
#pragma unroll
    for (int i = 0; i < MT * 2; i++)
        inside[i / 2][i % 2] = in_map(p, at, pixel_at(l, MT, i / 2, i % 2 * 2));
#pragma unroll
    for (int squares = 0; squares < 2; squares++) {
#pragma unroll
        for (int e = 0; e < NT * 2; e++) {
            int j = e / 2, r = e % 2;
            own[j][r] = 0;
#pragma unroll
            for (int i = 0; i < MT * 2; i++) {
                float v = acc[i / 2][j][i % 2 * 2 + r], off = v - mean[j][r];
                own[j][r] += !inside[i / 2][i % 2] ? 0 : squares ? off * off : v;
            }
        }
        float *to = sums + squares * s.warps_m * channels_of(s);
        sum_pixels<NT>(own, s, to);
#pragma unroll
        for (int e = 0; e < NT * 2 && !squares; e++)
            mean[e / 2][e % 2] = sum_over_warps(to, s, channel_at(l, NT, e / 2, e % 2)) / size;
    }
    int channel = (int)threadIdx.x;
    if (channel < channels_of(s) && at.channel + channel < p.outputs) {
        size_t plane = (size_t)at.picture * p.outputs + at.channel + channel;
        f.pieces[plane * tiles + at.tile] =
            make_float2(sum_over_warps(sums, s, channel) / size,
                        sum_over_warps(sums + s.warps_m * channels_of(s), s, channel));
    }
}

/* Called by the last block of the channel tile; a warp merges a plane. It computes first the mean
 * of all, then all deviations from it, so that no piece needs a division. */
static __device__ inline void merge_planes(const ConvForward &f, Spot at, int tiles) {
    const Product &p = f.p;
    int warp = (int)threadIdx.x / WARP, warps = (int)blockDim.x / WARP,
        lane = (int)threadIdx.x % WARP;
    double area = (double)p.out_rows * p.out_cols;
    for (int c = at.channel + warp; c < min(at.channel + channels_of(p.t.shape), p.outputs);
         c += warps) {
        size_t plane = (size_t)at.picture * p.outputs + c;
        const float2 *pieces = f.pieces + plane * tiles;
        double sum = 0, squares = 0;
        for (int i = lane; i < tiles; i += WARP) sum += (double)tile_size(p, i) * pieces[i].x;
        double mean = warp_sum(sum) / area;
        for (int i = lane; i < tiles; i += WARP)
            squares += pieces[i].y + tile_size(p, i) * (pieces[i].x - mean) * (pieces[i].x - mean);
        squares = warp_sum(squares);
        if (lane == 0)
            f.statistics[2 * plane] = (float)mean,
                             f.statistics[2 * plane + 1] = (float)(squares / area);
    }
}

template <P2cPrecision P, int K, int MT, int NT>
static __global__ void forward_kernel(ConvForward f) {
    P2C_DYNAMIC_SHARED(uint32_t, shared);
    const int tiles = f.p.t.tiles_x * f.p.t.tiles_y;
    float acc[MT][NT][4];
    Spot at = spot_of(f.p, tiles);
    if (!compute_tile<P, K, MT, NT>(f.p, at, tiles, f.counters, shared, acc)) return;
    put_tile<MT, NT>(f, at, acc);
    if (!f.statistics) return;
    put_pieces<MT, NT>(f, at, tiles, reinterpret_cast<float *>(shared), acc);
    if (is_last_block(f.counters + counters_of_splits(f.p.t) + at.group, tiles))
        merge_planes(f, at, tiles);
}

template <P2cPrecision P, int K> static auto kernel_for(Shape s) -> void (*)(ConvForward) {
    if (s.mt == 2) return forward_kernel<P, K, 2, 4>;
    return s.nt == 4   ? forward_kernel<P, K, 1, 4>
           : s.nt == 2 ? forward_kernel<P, K, 1, 2>
                       : forward_kernel<P, K, 1, 1>;
}

template <P2cPrecision P> static auto kernel_for(const Product &p) -> void (*)(ConvForward) {
    if (p.apart == 1 && p.taps_y == 3 && p.taps_x == 3) return kernel_for<P, 3>(p.t.shape);
    return p.taps_y == 1 && p.taps_x == 1 ? kernel_for<P, 1>(p.t.shape)
                                          : kernel_for<P, 0>(p.t.shape);
}

static auto kernel_for(const Product &p, P2cPrecision precision) -> void (*)(ConvForward) {
    if (precision == P2C_PRECISION_FP32) return kernel_for<P2C_PRECISION_FP32, 0>(p.t.shape);
    return precision == P2C_PRECISION_TF32 ? kernel_for<P2C_PRECISION_TF32>(p)
                                           : kernel_for<P2C_PRECISION_BF16>(p);
}

static Product product_of(Conv s) {
    Product p = {};
    p.channels = s.cin, p.rows = s.xh, p.cols = s.xw, p.height = s.h, p.width = s.w, p.up = s.up;
    p.reflect = s.reflect, p.normalised = s.normalised, p.relu = s.relu, p.eps = s.eps;
    p.per_output = s.cin * s.kh * s.kw, p.per_source = s.kh * s.kw, p.per_row = s.kw,
    p.per_column = 1;
    p.taps_y = s.kh, p.taps_x = s.kw, p.apart = s.dilation, p.step = s.stride,
    p.origin_y = p.origin_x = -s.pad;
    p.outputs = s.cout, p.out_rows = s.oh, p.out_cols = s.ow;
    return p;
}

static size_t pieces_bytes(Conv s, const Product &p) {
    return aligned_bytes((size_t)s.n * s.cout * p.t.tiles_x * p.t.tiles_y * sizeof(float2));
}

size_t p2c_cuda_conv2d_forward_work(Conv s) {
    Product p = product_of(s);
    return s.groups == 1 && p2c_cuda_conv2d_tile(&p, s.n, 1, 1)
               ? splits_bytes(p, s.n, 1) + pieces_bytes(s, p)
               : 0;
}

void p2c_cuda_conv2d_forward(const P2cCall *call, Conv s) {
    const P2cPrecision precision = precision_of(call);
    const int floats = precision == P2C_PRECISION_BF16 ? 2 : 1;
    ConvForward f = { product_of(s),
                      call->node->count > 2 ? call->x[2] : NULL,
                      s.slope,
                      call->y,
                      call->statistics,
                      (float2 *)call->work,
                      call->queue->counters };
    Product &p = f.p;
    if (s.groups > 1 || !p2c_cuda_conv2d_tile(&p, s.n, 1, floats)) {
        p2c_cuda_conv2d_direct(call, s);
        if (call->statistics)
            p2c_cuda_plane_statistics(call, call->y, call->node->dims, call->statistics,
                                      call->work);
        return;
    }
    p.from = call->x[0], p.weights = call->x[1], p.statistics = statistics_of_x(call);
    p.partial = (float *)((char *)call->work + pieces_bytes(s, p));
    const int tiles = p.t.tiles_x * p.t.tiles_y, blocks = p.t.tiles_n * tiles * p.t.splits,
              most = pictures_per_launch(p, tiles);
    for (; p.first < s.n; p.first += most)
        P2C_LAUNCH(kernel_for(p, precision), (unsigned)(min(most, s.n - p.first) * blocks),
                   threads_of(p.t.shape), shared_bytes(p, floats), call->queue, f);
}

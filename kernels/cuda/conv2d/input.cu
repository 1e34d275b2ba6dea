/* input.cu: the input gradient, a convolution of dy with the kernel rotated by 180 degrees.
 *
 *     g[c][q][r] = sum over o, u, v of w[o][c][u][v] *
 *         dy[o][(q-u*dilation)/stride][(r-v*dilation)/stride], where those divisions leave no rest
 *
 * for the positions (q, r) of the padded, repeated map: all of them with reflection padding, only
 * the inner ones without. Positions that are equal modulo the stride form a class. They see the
 * same taps, every stride-th, so each class is a product of stride 1 (tile.cuh). With a stride,
 * there is no dilation here.
 *
 *   1. g, by tiles. It is dx already, unless x is mirrored, repeated or normalised. If it is
 *      normalised, this step also computes the sums for the norm's gradient: each position adds the
 *      gradient that passes to the element that it reads, and sums may be added in any order.
 *   2. dx: each element collects from the positions that read it; then the norm:
 *      r * (g - mean(g) - y * mean(g * y)). */
#include "tile.cuh"

struct ConvGradient {
    Product p; /* everything except what depends on the class, see product_of_class */
    Conv s;
    int first, rows, cols; /* the positions that are needed start at (first, first) */
    int classes_x, classes;
    const float *x, *statistics;
    float *to; /* [plane][rows][cols] */
    bool overwrite;
    /* if x is normalised: [plane][class, tile] sums, and [plane] means, of g and g * y */
    float2 *pieces, *means;
    /* first those of the tiles that are split, then those of the maps' channel tiles */
    int *counters;
};

/* The taps, along one axis, of the positions that are `position` modulo the stride: every stride-th
 * from `first` on. The last of them reads dy at `origin` + m, where m is the position's index in
 * its class; the one before reads `apart` elements further, and so on. */
struct Taps {
    int first, count, origin;
};

static __host__ __device__ inline Taps taps_of(int position, int size, int stride, int apart) {
    Taps t;
    t.first = position % stride;
    t.count = t.first < size ? (size - t.first + stride - 1) / stride : 0;
    t.origin = position / stride - (t.count - 1) * apart;
    return t;
}

/* The product with these taps. Its weights run backwards. */
static __host__ __device__ inline void use_taps(Product *p, const Conv &s, Taps y, Taps x) {
    p->weights += (y.first + (y.count - 1) * s.stride) * s.kw + x.first + (x.count - 1) * s.stride;
    p->taps_y = y.count, p->taps_x = x.count, p->origin_y = y.origin, p->origin_x = x.origin;
}

static __device__ inline Product product_of_class(const ConvGradient &g, int row, int column) {
    Product p = g.p;
    if (g.s.stride == 1) return p;
    use_taps(&p, g.s, taps_of(g.first + row, g.s.kh, g.s.stride, 1),
             taps_of(g.first + column, g.s.kw, g.s.stride, 1));
    p.taps = divisor_of(p.taps_y * p.taps_x), p.by_taps_x = divisor_of(p.taps_x);
    if (!p.taps.d) p.channels = 0;
    return p;
}

/* Where a block's pixels are in g: class (row, column). */
struct Class {
    int row, column;
};

/* For a pixel: its index in g's planes, or -1 if outside; and the index in x's planes that it
 * reads. */
struct Place {
    int to, from;
};

static __device__ inline Place place_of(const ConvGradient &g, Spot at, Class of, int pixel) {
    int row = (at.y + (pixel >> g.p.t.across_log2)) * g.s.stride + of.row;
    int column = (at.x + (pixel & ((1 << g.p.t.across_log2) - 1))) * g.s.stride + of.column;
    int y = source_of(row + g.first - g.s.pad, g.s.h, g.s.up, g.s.reflect),
        x = source_of(column + g.first - g.s.pad, g.s.w, g.s.up, g.s.reflect);
    Place p = { row < g.rows && column < g.cols ? row * g.cols + column : -1, y * g.s.xw + x };
    return p;
}

/* Stores the tile into g. If x is normalised, returns the thread's part of the sums of g and g * y,
 * where g is what passes the ReLU of the element that is read. */
template <int MT, int NT>
static __device__ inline void put_tile(const ConvGradient &g, Spot at, Class of,
                                       const float acc[MT][NT][4], float sum[NT][2],
                                       float sum_y[NT][2]) {
    const Lane l = lane_of(g.p.t.shape);
    Place place[MT * 2];
#pragma unroll
    for (int i = 0; i < MT * 2; i++)
        place[i] = place_of(g, at, of, pixel_at(l, MT, i / 2, i % 2 * 2));
#pragma unroll
    for (int e = 0; e < NT * 2; e++) {
        int j = e / 2, r = e % 2, channel = at.channel + channel_at(l, NT, j, r),
            plane = at.picture * g.s.cin + channel;
        sum[j][r] = sum_y[j][r] = 0;
        if (channel >= g.s.cin) continue;
        const Norm norm = norm_at(g.statistics, plane, g.s);
        const float *x = g.x + (size_t)plane * g.s.xh * g.s.xw;
        float *to = g.to + (size_t)plane * g.rows * g.cols;
#pragma unroll
        for (int i = 0; i < MT * 2; i++) {
            if (place[i].to < 0) continue;
            float value = acc[i / 2][j][i % 2 * 2 + r];
            put(&to[place[i].to], value, g.overwrite);
            if (!g.s.normalised) continue;
            float y = (x[place[i].from] - norm.mean) * norm.r, passed = y > norm.floor ? value : 0;
            sum[j][r] += passed;
            sum_y[j][r] += passed * y;
        }
    }
}

/* Called by the last block of the channel tile; a warp merges a plane. */
static __device__ inline void merge_planes(const ConvGradient &g, Spot at, int tiles) {
    int warp = (int)threadIdx.x / WARP, warps = (int)blockDim.x / WARP,
        lane = (int)threadIdx.x % WARP;
    double area = (double)g.s.xh * g.s.xw;
    for (int c = at.channel + warp; c < min(at.channel + channels_of(g.p.t.shape), g.s.cin);
         c += warps) {
        size_t plane = (size_t)at.picture * g.s.cin + c;
        const float2 *pieces = g.pieces + plane * tiles;
        double sum = 0, sum_y = 0;
        for (int i = lane; i < tiles; i += WARP) sum += pieces[i].x, sum_y += pieces[i].y;
        sum = warp_sum(sum), sum_y = warp_sum(sum_y);
        if (lane == 0) g.means[plane] = make_float2((float)(sum / area), (float)(sum_y / area));
    }
}

template <int NT>
static __device__ inline void put_pieces(const ConvGradient &g, Spot at, int tiles, float *sums,
                                         float sum[NT][2], float sum_y[NT][2]) {
    const Shape s = g.p.t.shape;
    float *sums_y = sums + s.warps_m * channels_of(s);
    int channel = (int)threadIdx.x;
    sum_pixels<NT>(sum, s, sums);
    sum_pixels<NT>(sum_y, s, sums_y);
    if (channel < channels_of(s) && at.channel + channel < g.s.cin)
        g.pieces[((size_t)at.picture * g.s.cin + at.channel + channel) * tiles + at.tile] =
            make_float2(sum_over_warps(sums, s, channel), sum_over_warps(sums_y, s, channel));
}

template <P2cPrecision P, int K, int MT, int NT>
static __global__ void input_kernel(ConvGradient g) {
    P2C_DYNAMIC_SHARED(uint32_t, shared);
    const int map = g.p.t.tiles_x * g.p.t.tiles_y, tiles = map * g.classes;
    float acc[MT][NT][4], sum[NT][2], sum_y[NT][2];
    const Spot at = spot_of(g.p, tiles);
    const Class of = { at.tile / map / g.classes_x, at.tile / map % g.classes_x };
    bool mine;
    if constexpr (K > 0) mine = compute_tile<P, K, MT, NT>(g.p, at, tiles, g.counters, shared, acc);
    else
        mine = compute_tile<P, K, MT, NT>(product_of_class(g, of.row, of.column), at, tiles,
                                          g.counters, shared, acc);
    if (!mine) return;
    put_tile<MT, NT>(g, at, of, acc, sum, sum_y);
    if (!g.s.normalised) return;
    put_pieces<NT>(g, at, tiles, reinterpret_cast<float *>(shared), sum, sum_y);
    if (is_last_block(g.counters + counters_of_splits(g.p.t) + at.group, tiles))
        merge_planes(g, at, tiles);
}

/* ---- 2: dx ----------------------------------------------------------------------------------- */

struct ConvFold {
    Conv s;
    const float *g, *x, *statistics;
    const float2 *means;
    float *dx;
    unsigned count;
    int first, rows, cols;
    bool overwrite;
};

/* What element (row, column) of x gets from the positions that read it. g: its plane. */
static __device__ inline float collected(const ConvFold &f, const float *g, int row, int column) {
    const Conv &s = f.s;
    const int images = s.reflect ? READERS : 1;
    float sum = 0;
    for (int y = row * s.up; y < (row + 1) * s.up; y++)
        for (int k = 0; k < images; k++) {
            int q = reader_of(y, k, s.h, s.pad, s.reflect) - f.first;
            if (q < 0) continue;
            for (int x = column * s.up; x < (column + 1) * s.up; x++)
                for (int m = 0; m < images; m++) {
                    int r = reader_of(x, m, s.w, s.pad, s.reflect) - f.first;
                    if (r >= 0) sum += g[q * f.cols + r];
                }
        }
    return sum;
}

static __global__ void fold_kernel(ConvFold f) {
    const Conv &s = f.s;
    unsigned e = global_thread();
    if (e >= f.count) return;
    int column = (int)(e % s.xw), row = (int)(e / s.xw % s.xh), plane = (int)(e / s.xw / s.xh);
    float g = collected(f, f.g + (size_t)plane * f.rows * f.cols, row, column);
    if (s.normalised) {
        Norm norm = norm_of(f.statistics, plane, s.eps, s.relu);
        float2 mean = f.means[plane];
        float y = (f.x[e] - norm.mean) * norm.r;
        g = norm.r * ((y > norm.floor ? g : 0) - mean.x - y * mean.y);
    }
    put(&f.dx[e], g, f.overwrite);
}

/* ---- on the host ----------------------------------------------------------------------------- */

template <P2cPrecision P, int K> static auto kernel_for(Shape s) -> void (*)(ConvGradient) {
    if (s.mt == 2) return input_kernel<P, K, 2, 4>;
    return s.nt == 4   ? input_kernel<P, K, 1, 4>
           : s.nt == 2 ? input_kernel<P, K, 1, 2>
                       : input_kernel<P, K, 1, 1>;
}

template <P2cPrecision P> static auto kernel_for(const ConvGradient &g) -> void (*)(ConvGradient) {
    if (g.s.stride == 1 && g.p.apart == 1 && g.s.kh == 3 && g.s.kw == 3)
        return kernel_for<P, 3>(g.p.t.shape);
    return g.s.stride == 1 && g.s.kh == 1 && g.s.kw == 1 ? kernel_for<P, 1>(g.p.t.shape)
                                                         : kernel_for<P, 0>(g.p.t.shape);
}

static auto kernel_for(const ConvGradient &g, P2cPrecision precision) -> void (*)(ConvGradient) {
    if (precision == P2C_PRECISION_FP32) return kernel_for<P2C_PRECISION_FP32, 0>(g.p.t.shape);
    return precision == P2C_PRECISION_TF32 ? kernel_for<P2C_PRECISION_TF32>(g)
                                           : kernel_for<P2C_PRECISION_BF16>(g);
}

static bool is_product(Conv s) { return s.groups == 1 && (s.stride == 1 || s.dilation == 1); }
static bool is_folded(Conv s) { return s.reflect || s.up > 1 || s.normalised; }

static ConvGradient gradient_of(Conv s) {
    ConvGradient g = {};
    g.s = s;
    g.first = s.reflect ? 0 : s.pad;
    g.rows = s.h + (s.reflect ? 2 * s.pad : 0), g.cols = s.w + (s.reflect ? 2 * s.pad : 0);
    g.classes_x = min(s.stride, g.cols), g.classes = g.classes_x * min(s.stride, g.rows);
    Product &p = g.p;
    p.channels = s.cout, p.rows = p.height = s.oh, p.cols = p.width = s.ow, p.up = 1;
    p.per_output = s.kh * s.kw, p.per_source = s.cin * s.kh * s.kw, p.per_row = -s.stride * s.kw,
    p.per_column = -s.stride;
    /* the most taps of any class */
    p.taps_y = (s.kh + s.stride - 1) / s.stride, p.taps_x = (s.kw + s.stride - 1) / s.stride;
    p.step = 1, p.apart = s.dilation;
    p.outputs = s.cin, p.out_rows = (g.rows + s.stride - 1) / s.stride,
    p.out_cols = (g.cols + s.stride - 1) / s.stride;
    return g;
}

/* Layout of `work`: g, means, pieces, and what split tiles share. */
struct WorkParts {
    size_t g, means, pieces, shares;
};

static WorkParts parts_of(const ConvGradient &g) {
    size_t planes = (size_t)g.s.n * g.s.cin,
           tiles = (size_t)g.classes * g.p.t.tiles_x * g.p.t.tiles_y;
    WorkParts p = {};
    if (is_folded(g.s)) p.g = aligned_bytes(planes * g.rows * g.cols * sizeof(float));
    if (g.s.normalised)
        p.means = aligned_bytes(planes * sizeof(float2)),
        p.pieces = aligned_bytes(planes * tiles * sizeof(float2));
    p.shares = splits_bytes(g.p, g.s.n, g.classes);
    return p;
}

size_t p2c_cuda_conv2d_input_work(Conv s) {
    ConvGradient g = gradient_of(s);
    if (!is_product(s) || !p2c_cuda_conv2d_tile(&g.p, s.n, g.classes, 1))
        return p2c_cuda_conv2d_direct_input_work(s);
    WorkParts parts = parts_of(g);
    return parts.g + parts.means + parts.pieces + parts.shares;
}

static void point(ConvGradient *g, const P2cCall *call) {
    const WorkParts parts = parts_of(*g);
    char *work = (char *)call->work;
    g->p.from = call->dy, g->p.weights = call->x[1], g->x = call->x[0],
    g->statistics = statistics_of_x(call);
    g->to = is_folded(g->s) ? (float *)work : call->dx[0];
    g->overwrite = is_folded(g->s) || is_overwritten(call, 0);
    g->means = (float2 *)(work + parts.g), g->pieces = (float2 *)(work + parts.g + parts.means);
    g->p.partial = (float *)(work + parts.g + parts.means + parts.pieces);
    g->counters = call->queue->counters;
    if (g->s.stride == 1)
        use_taps(&g->p, g->s, taps_of(g->first, g->s.kh, 1, g->p.apart),
                 taps_of(g->first, g->s.kw, 1, g->p.apart));
}

static void fold(const P2cCall *call, const ConvGradient &g) {
    ConvFold f = { g.s,
                   g.to,
                   g.x,
                   g.statistics,
                   g.means,
                   call->dx[0],
                   (unsigned)p2c_dims_count(x_dims(g.s)),
                   g.first,
                   g.rows,
                   g.cols,
                   is_overwritten(call, 0) };
    P2C_LAUNCH(fold_kernel, blocks_for(f.count), THREADS, 0, call->queue, f);
}

void p2c_cuda_conv2d_input_gradient(const P2cCall *call, Conv s) {
    const P2cPrecision precision = precision_of(call);
    const int floats = precision == P2C_PRECISION_BF16 ? 2 : 1;
    ConvGradient g = gradient_of(s);
    Product &p = g.p;
    if (!is_product(s) || !p2c_cuda_conv2d_tile(&p, s.n, g.classes, floats)) {
        p2c_cuda_conv2d_direct_input_gradient(call, s);
        return;
    }
    point(&g, call);
    const int tiles = g.classes * p.t.tiles_x * p.t.tiles_y,
              blocks = p.t.tiles_n * tiles * p.t.splits, most = pictures_per_launch(p, tiles);
    for (; p.first < s.n; p.first += most)
        P2C_LAUNCH(kernel_for(g, precision), (unsigned)(min(most, s.n - p.first) * blocks),
                   threads_of(p.t.shape), shared_bytes(p, floats), call->queue, g);
    if (is_folded(s)) fold(call, g);
}

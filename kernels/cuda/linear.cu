/* linear: y = x w^T + b;  dx (+)= dy w,  dw (+)= dy^T x,  db (+)= sum_n dy.   x (n,in)  w (out,in)
 *     y (n,out), all in float32
 *
 * Batches are small, so the main work is to read w: once for a tile of N pictures, by vectors of V
 * floats if the rows allow it.
 *
 * Forward: if rows of w are short, a warp takes each. If they are long, a block takes ROWS of them,
 * or a slice of them, and the last block adds up the slices. A ReLU that follows is applied when y
 * is stored and when dy is read.
 *
 * Backward is one launch: blocks for dx take all rows of 32 V columns of w, split over the warps;
 * blocks for dw and db take 32 rows of 32 V columns. */
#include "activation.cuh"
#include "op/linear.h"
#include "vectors.cuh"

/* ROWS of w are computed together and share what is read of x. SLICE: elements of a row that a
 * block takes at once. */
enum { ROWS = 4, WARPS = THREADS / WARP, SHORT = 512, SLICE = 4096, WIDE = 4096 };

struct Sizes {
    int n, in, out;
    float slope; /* of the activation that is applied to y */
};

static Sizes sizes_of(const P2cNode *node) {
    const P2cDims w = node->x[1]->dims;
    Sizes s = { node->dims.d[0], w.d[1] * w.d[2] * w.d[3], w.d[0],
                p2c_slope(P2C_ATTRIBUTES(node, P2cLinearAttributes)->activation) };
    return s;
}

/* log2 of the pictures in a tile. */
static int tile_log(int n) { return n > 4 ? 3 : n > 2 ? 2 : n - 1; }
static int tiles_of(int n) { return (int)blocks_for((size_t)n, 1u << tile_log(n)); }

/* ---- forward --------------------------------------------------------------------------------- */

/* sum[r][i] += w[row + r] . x[first + i] over columns begin + lane V, ..., end. Rows and pictures
 * beyond the last repeat it. */
template <int R, int N, int V>
static __device__ inline void add_dots(float (*sum)[N], const float *x, const float *w, Sizes s,
                                       int first, int row, int begin, int end, int lane,
                                       int lanes) {
    for (int k = begin + lane * V; k < end; k += lanes * V) {
        float a[N][V], b[V];
#pragma unroll
        for (int i = 0; i < N; i++) load<V>(a[i], x + (size_t)min(first + i, s.n - 1) * s.in + k);
#pragma unroll
        for (int r = 0; r < R; r++) {
            load<V>(b, w + (size_t)min(row + r, s.out - 1) * s.in + k);
#pragma unroll
            for (int i = 0; i < N; i++)
#pragma unroll
                for (int e = 0; e < V; e++) sum[r][i] += b[e] * a[i][e];
        }
    }
}

/* A block is (tile, group of WARPS rows). */
template <int N, int V>
static __global__ void by_warps(const float *x, const float *w, const float *b, float *y, Sizes s,
                                int groups) {
    int lane = threadIdx.x % WARP,
        row = (int)(blockIdx.x % groups) * WARPS + (int)threadIdx.x / WARP,
        first = (int)(blockIdx.x / groups) * N;
    float sum[1][N] = { { 0 } };
    add_dots<1, N, V>(sum, x, w, s, first, row, 0, s.in, lane, WARP);
#pragma unroll
    for (int i = 0; i < N; i++) {
        float total = warp_sum(sum[0][i]);
        if (lane == 0 && row < s.out && first + i < s.n)
            y[(size_t)(first + i) * s.out + row] = activated(total + (b ? b[row] : 0), s.slope);
    }
}

/* The partial sums of slices of rows. */
struct Slices {
    float *partial; /* [group][slice][ROWS * N]; groups are counted over all tiles */
    int *counters;  /* one per group */
    int count;
};

template <int N>
static __device__ inline void write(float *y, const float *b, Sizes s, int first, int row,
                                    double total) {
    int r = row + (int)threadIdx.x / N, i = first + (int)threadIdx.x % N;
    if (r < s.out && i < s.n)
        y[(size_t)i * s.out + r] = activated((float)(total + (b ? b[r] : 0)), s.slope);
}

/* A block is (tile, group of ROWS rows, slice). */
template <int N, int V>
static __global__ void by_blocks(const float *x, const float *w, const float *b, float *y, Sizes s,
                                 int groups, Slices slices) {
    __shared__ float sums[WARPS][ROWS * N];
    int slice = (int)(blockIdx.x % slices.count), group = (int)(blockIdx.x / slices.count),
        row = group % groups * ROWS, first = group / groups * N;
    int begin = slices.count > 1 ? slice * SLICE : 0,
        end = slices.count > 1 ? min(begin + SLICE, s.in) : s.in;
    float sum[ROWS][N] = { { 0 } };
    add_dots<ROWS, N, V>(sum, x, w, s, first, row, begin, end, threadIdx.x, THREADS);
#pragma unroll
    for (int k = 0; k < ROWS * N; k++) {
        float total = warp_sum(sum[k / N][k % N]);
        if (threadIdx.x % WARP == 0) sums[threadIdx.x / WARP][k] = total;
    }
    __syncthreads();
    double total = 0;
    for (int i = 0; i < WARPS && threadIdx.x < ROWS * N; i++) total += sums[i][threadIdx.x];
    if (slices.count > 1) {
        float *partial = slices.partial + (size_t)group * slices.count * (ROWS * N);
        if (threadIdx.x < ROWS * N) partial[slice * (ROWS * N) + (int)threadIdx.x] = (float)total;
        if (!is_last_block(slices.counters + group, slices.count)) return;
        total = 0;
        for (int i = 0; i < slices.count && threadIdx.x < ROWS * N; i++)
            total += partial[i * (ROWS * N) + (int)threadIdx.x];
    }
    if (threadIdx.x < ROWS * N) write<N>(y, b, s, first, row, total);
}

/* 1 if rows are not cut. */
static int slice_count(Sizes s) {
    size_t groups = (size_t)tiles_of(s.n) * blocks_for((size_t)s.out, ROWS);
    return groups <= MOST_COUNTERS ? (int)blocks_for((size_t)s.in, SLICE) : 1;
}

typedef void (*ByWarps)(const float *, const float *, const float *, float *, Sizes, int);
typedef void (*ByBlocks)(const float *, const float *, const float *, float *, Sizes, int, Slices);

static void forward(const P2cCall *call) {
    static const ByWarps by_warps_of[4][2] = { { by_warps<1, 1>, by_warps<1, 4> },
                                               { by_warps<2, 1>, by_warps<2, 4> },
                                               { by_warps<4, 1>, by_warps<4, 4> },
                                               { by_warps<8, 1>, by_warps<8, 4> } };
    static const ByBlocks by_blocks_of[4][2] = { { by_blocks<1, 1>, by_blocks<1, 4> },
                                                 { by_blocks<2, 1>, by_blocks<2, 4> },
                                                 { by_blocks<4, 1>, by_blocks<4, 4> },
                                                 { by_blocks<8, 1>, by_blocks<8, 4> } };
    const Sizes s = sizes_of(call->node);
    const float *b = call->node->count == 3 ? call->x[2] : NULL;
    int vector = s.in % 4 == 0 && is_aligned(call->x[0]) && is_aligned(call->x[1]),
        tiles = tiles_of(s.n);
    if (s.in <= SHORT) {
        int groups = (int)blocks_for((size_t)s.out, WARPS);
        P2C_LAUNCH(by_warps_of[tile_log(s.n)][vector], (unsigned)tiles * groups, THREADS, 0,
                   call->queue, call->x[0], call->x[1], b, call->y, s, groups);
    } else {
        int groups = (int)blocks_for((size_t)s.out, ROWS);
        Slices slices = { (float *)call->work, call->queue->counters, slice_count(s) };
        P2C_LAUNCH(by_blocks_of[tile_log(s.n)][vector], (unsigned)tiles * groups * slices.count,
                   THREADS, 0, call->queue, call->x[0], call->x[1], b, call->y, s, groups, slices);
    }
}

static size_t work(const P2cNode *node, bool backward, int threads) {
    const Sizes s = sizes_of(node);
    (void)threads;
    if (backward || s.in <= SHORT || slice_count(s) == 1) return 0;
    return (size_t)tiles_of(s.n) * blocks_for((size_t)s.out, ROWS) * slice_count(s) *
           (ROWS << tile_log(s.n)) * sizeof(float);
}

/* ---- backward -------------------------------------------------------------------------------- */

struct LinearGradients {
    const float *x, *w, *dy, *y; /* y: only with an activation */
    float *dx, *dw, *db;         /* NULL if not wanted */
    bool overwrite_x, overwrite_w, overwrite_b;
    unsigned chunks;    /* number of chunks of 32 V columns */
    unsigned dx_blocks; /* the first blocks of the launch */
};

static __device__ inline float gradient_at(const LinearGradients &g, const Sizes &s, size_t i) {
    return g.y ? passed(g.dy[i], g.y[i], s.slope) : g.dy[i];
}

/* Computes dx for N pictures and a chunk of columns. */
template <int N, int V>
static __device__ inline void input_gradient(LinearGradients g, Sizes s, int first, int begin) {
    enum { COLUMNS = WARP * V };
    __shared__ float sums[WARPS][N][COLUMNS];
    int lane = threadIdx.x % WARP, warp = threadIdx.x / WARP, k = begin + lane * V;
    float sum[N][V] = { { 0 } };
    if (k < s.in)
#pragma unroll 8
        for (int o = warp; o < s.out; o += WARPS) {
            float w[V];
            load<V>(w, g.w + (size_t)o * s.in + k);
#pragma unroll
            for (int i = 0; i < N; i++)
#pragma unroll
                for (int e = 0; e < V; e++)
                    sum[i][e] +=
                        gradient_at(g, s, (size_t)min(first + i, s.n - 1) * s.out + o) * w[e];
        }
#pragma unroll
    for (int i = 0; i < N; i++)
#pragma unroll
        for (int e = 0; e < V; e++) sums[warp][i][lane * V + e] = sum[i][e];
    __syncthreads();
    for (int j = threadIdx.x; j < N * COLUMNS; j += THREADS) {
        int i = first + j / COLUMNS, column = begin + j % COLUMNS;
        float total = 0;
        for (int v = 0; v < WARPS; v++) total += sums[v][j / COLUMNS][j % COLUMNS];
        if (i < s.n && column < s.in) put(&g.dx[(size_t)i * s.in + column], total, g.overwrite_x);
    }
}

/* A warp computes dw for ROWS rows and a chunk of columns; with the first chunk also db. */
template <int V>
static __device__ inline void parameter_gradients(LinearGradients g, Sizes s, int row, int begin) {
    int lane = threadIdx.x % WARP, k = begin + lane * V;
    if (g.dw && k < s.in) {
        float sum[ROWS][V] = { { 0 } }, x[V];
#pragma unroll 4
        for (int i = 0; i < s.n; i++) {
            load<V>(x, g.x + (size_t)i * s.in + k);
#pragma unroll
            for (int r = 0; r < ROWS; r++)
#pragma unroll
                for (int e = 0; e < V; e++)
                    sum[r][e] +=
                        gradient_at(g, s, (size_t)i * s.out + min(row + r, s.out - 1)) * x[e];
        }
#pragma unroll
        for (int r = 0; r < ROWS; r++)
            if (row + r < s.out)
                put_all<V>(g.dw + (size_t)(row + r) * s.in + k, sum[r], g.overwrite_w);
    }
    if (g.db && begin == 0 && lane < ROWS && row + lane < s.out) {
        float sum = 0;
        for (int i = 0; i < s.n; i++) sum += gradient_at(g, s, (size_t)i * s.out + row + lane);
        put(&g.db[row + lane], sum, g.overwrite_b);
    }
}

template <int N, int V> static __global__ void backward_kernel(LinearGradients g, Sizes s) {
    if (blockIdx.x < g.dx_blocks) {
        input_gradient<N, V>(g, s, (int)(blockIdx.x / g.chunks) * N,
                             (int)(blockIdx.x % g.chunks) * (WARP * V));
    } else {
        unsigned block = blockIdx.x - g.dx_blocks, chunks = g.dw ? g.chunks : 1;
        parameter_gradients<V>(g, s, (int)(block / chunks * WARPS + threadIdx.x / WARP) * ROWS,
                               (int)(block % chunks) * (WARP * V));
    }
}

typedef void (*Backward)(LinearGradients, Sizes);

static void launch_backward(const P2cCall *call, LinearGradients g, bool vector) {
    static const Backward kernels[4][2] = { { backward_kernel<1, 1>, backward_kernel<1, 4> },
                                            { backward_kernel<2, 1>, backward_kernel<2, 4> },
                                            { backward_kernel<4, 1>, backward_kernel<4, 4> },
                                            { backward_kernel<8, 1>, backward_kernel<8, 4> } };
    const Sizes s = sizes_of(call->node);
    g.chunks = blocks_for((size_t)s.in, vector ? WARP * 4 : WARP);
    g.dx_blocks = g.dx ? (unsigned)tiles_of(s.n) * g.chunks : 0;
    unsigned blocks = g.dx_blocks + (g.dw   ? g.chunks
                                     : g.db ? 1
                                            : 0) *
                                        blocks_for((size_t)s.out, WARPS * ROWS);
    if (blocks) P2C_LAUNCH(kernels[tile_log(s.n)][vector], blocks, THREADS, 0, call->queue, g, s);
}

/* One launch. If an operand appears twice, one launch after the other, because both gradients are
 * added in the same place. */
static void backward(const P2cCall *call) {
    float *dx = call->dx[0], *dw = call->dx[1], *db = call->dx[2];
    const Sizes s = sizes_of(call->node);
    bool vector = s.in >= WIDE && s.in % 4 == 0 && is_aligned(call->x[0]) &&
                  is_aligned(call->x[1]) && is_aligned(dx) && is_aligned(dw);
    LinearGradients g = { call->x[0],
                          call->x[1],
                          call->dy,
                          s.slope != 1 ? call->y : NULL,
                          dx,
                          dw,
                          db,
                          is_overwritten(call, 0),
                          is_overwritten(call, 1),
                          is_overwritten(call, 2),
                          0,
                          0 };
    if ((!dx || (dx != dw && dx != db)) && (!dw || dw != db)) {
        launch_backward(call, g, vector);
        return;
    }
    for (int k = 0; k < 3; k++) {
        g.dx = k == 0 ? dx : NULL;
        g.dw = k == 1 ? dw : NULL;
        g.db = k == 2 ? db : NULL;
        launch_backward(call, g, vector);
    }
}

const P2cKernel p2c_cuda_linear = { .forward = forward,
                                    .backward = backward,
                                    .work = work,
                                    .folds = P2C_FOLD_ACTIVATION,
                                    .overwrite = true };

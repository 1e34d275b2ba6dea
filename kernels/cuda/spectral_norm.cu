/* spectral_norm: y = w / sigma, sigma = u . W v. In training, first v = normalize(W^T u) and u =
 * normalize(W v), which are stored.
 *   dw (+)= dy / sigma - (sum(dy*w) / sigma^2) u v^T
 * saved: sigma, and u and v as they were used. Forward is three launches; evaluation omits the
 * first. Columns are read by vectors of V if they allow it:
 *   column_sums  W^T u and its length: a block per 32 V columns and ROWS rows; the last block of a
 *                column adds up its sums, the last of all blocks the length
 *   row_sums     t = W v, a block per row; the last one computes u and sigma from it
 *   scale        y
 *
 * Backward: sum(dy*w), by pieces, then dw. */
#include <math.h>

#include "op/spectral_norm.h"
#include "vectors.cuh"

enum {
    ROWS = 64,
    WARPS = THREADS / WARP,
    TERMS = 16,
    PIECE = TERMS * THREADS,
    WHOLE = MOST_COUNTERS - 1
};

struct Matrix {
    int rows, columns;
};

static Matrix matrix_of(const P2cNode *node) {
    const P2cDims w = node->x[0]->dims;
    Matrix m = { w.d[0], w.d[1] * w.d[2] * w.d[3] };
    return m;
}

/* ---- v = W^T u ------------------------------------------------------------------------------- */

/* The scratch of forward, in `work`. */
struct Scratch {
    double *squares; /* one for each chunk of columns of v */
    float *inverse;  /* 1 / length of v */
    float *t, *v;    /* W v; v before it is normalised */
    float *partial;  /* partial sums of v, [row block][column] */
};

static unsigned chunks_of(Matrix m, int v) {
    return blocks_for((size_t)m.columns, WARP * (unsigned)v);
}
/* Each chunk has a counter, and one more counts the chunks. */
static unsigned row_blocks_of(Matrix m, int v) {
    return chunks_of(m, v) <= WHOLE ? blocks_for((size_t)m.rows, ROWS) : 1;
}
static size_t aligned(size_t floats) { return (floats + 3) / 4 * 4; }

static size_t scratch_bytes(Matrix m) {
    size_t floats = 4 + aligned((size_t)m.rows) + aligned((size_t)m.columns) +
                    (size_t)row_blocks_of(m, 4) * (size_t)m.columns;
    return aligned(chunks_of(m, 1)) * sizeof(double) + floats * sizeof(float);
}

/* Every part begins at a multiple of 16 bytes. */
static Scratch scratch_of(Matrix m, void *work) {
    Scratch s;
    s.squares = (double *)work;
    s.inverse = (float *)(s.squares + aligned(chunks_of(m, 1)));
    s.t = s.inverse + 4;
    s.v = s.t + aligned((size_t)m.rows);
    s.partial = s.v + aligned((size_t)m.columns);
    return s;
}

/* The sum over the rows of a block, in the first 32 V threads, one column each. */
template <int V>
static __device__ inline double sum_rows(const float *w, const float *u, Matrix m, int from, int to,
                                         int begin) {
    __shared__ float sums[WARPS][WARP * V];
    int lane = threadIdx.x % WARP, warp = threadIdx.x / WARP, c = begin + lane * V;
    float sum[V] = { 0 }, row[V];
    if (c < m.columns)
#pragma unroll 8
        for (int r = from + warp; r < to; r += WARPS) {
            load<V>(row, w + (size_t)r * m.columns + c);
#pragma unroll
            for (int e = 0; e < V; e++) sum[e] += u[r] * row[e];
        }
#pragma unroll
    for (int e = 0; e < V; e++) sums[warp][lane * V + e] = sum[e];
    __syncthreads();
    double total = 0;
    for (int i = 0; i < WARPS && threadIdx.x < WARP * V; i++) total += sums[i][threadIdx.x];
    return total;
}

/* Called by the last block. */
static __device__ inline void measure(Scratch s, unsigned chunks) {
    double sum = 0;
    for (unsigned i = threadIdx.x; i < chunks; i += THREADS) sum += s.squares[i];
    sum = block_sum(sum);
    if (threadIdx.x == 0) *s.inverse = (float)(1 / fmax(sqrt(sum), 1e-12));
}

/* A block is (row block, chunk of columns). */
template <int V>
static __global__ void column_sums(const float *w, const float *u, Scratch s, Matrix m,
                                   unsigned chunks, unsigned row_blocks, int *counters) {
    unsigned chunk = blockIdx.x % chunks, block = blockIdx.x / chunks;
    int begin = (int)chunk * (WARP * V), column = begin + (int)threadIdx.x,
        rows = row_blocks > 1 ? ROWS : m.rows, from = (int)block * rows;
    bool inside = threadIdx.x < WARP * V && column < m.columns;
    double total = sum_rows<V>(w, u, m, from, min(from + rows, m.rows), begin);
    if (row_blocks > 1) {
        if (inside) s.partial[(size_t)block * m.columns + column] = (float)total;
        if (!is_last_block(counters + chunk, (int)row_blocks)) return;
        total = 0;
        for (unsigned i = 0; i < row_blocks && inside; i++)
            total += s.partial[(size_t)i * m.columns + column];
    }
    float v = inside ? (float)total : 0;
    if (inside) s.v[column] = v;
    double squares = block_sum((double)v * v);
    if (threadIdx.x == 0) s.squares[chunk] = squares;
    if (is_last_block(counters + WHOLE, (int)chunks)) measure(s, chunks);
}

/* ---- t = W v, u, sigma ----------------------------------------------------------------------- */

/* Called by the last block: computes u, if in training, and sigma. */
static __device__ inline void finish(const float *t, float *u, float *saved, int rows,
                                     bool training) {
    double squares = 0, sigma = 0;
    for (int r = threadIdx.x; r < rows && training; r += THREADS) squares += (double)t[r] * t[r];
    squares = block_sum(squares);
    float inverse = (float)(1 / fmax(sqrt(squares), 1e-12));
    for (int r = threadIdx.x; r < rows; r += THREADS) {
        float now = training ? t[r] * inverse : u[r];
        if (training) u[r] = now;
        saved[1 + r] = now;
        sigma += (double)now * t[r];
    }
    sigma = block_sum(sigma);
    if (threadIdx.x == 0) saved[0] = (float)sigma;
}

/* A block computes a row. The blocks share the work of storing v. */
template <int V>
static __global__ void row_sums(const float *w, float *u, float *v, float *saved, Scratch s,
                                Matrix m, bool training, int *counter) {
    const float *row = w + (size_t)blockIdx.x * m.columns, *from = training ? s.v : v;
    float inverse = training ? *s.inverse : 1, sum = 0;
    for (int c = (int)threadIdx.x * V, stretch = 0; c < m.columns; c += THREADS * V, stretch++) {
        float a[V], b[V];
        bool mine = stretch % m.rows == (int)blockIdx.x;
        load<V>(a, row + c);
        load<V>(b, from + c);
#pragma unroll
        for (int e = 0; e < V; e++) {
            b[e] *= inverse;
            sum += a[e] * b[e];
            if (mine) saved[1 + m.rows + c + e] = b[e];
        }
        if (mine && training) store<V>(v + c, b);
    }
    sum = block_sum(sum);
    if (threadIdx.x == 0) s.t[blockIdx.x] = sum;
    if (is_last_block(counter, m.rows)) finish(s.t, u, saved, m.rows, training);
}

/* ---- y --------------------------------------------------------------------------------------- */

template <int V>
static __global__ void scale(const float *w, const float *saved, float *y, unsigned n) {
    unsigned i = global_thread() * V;
    float value[V], by = 1 / saved[0];
    if (i >= n) return;
    load<V>(value, w + i);
#pragma unroll
    for (int e = 0; e < V; e++) value[e] *= by;
    store<V>(y + i, value);
}

template <int V> static void launch_forward(const P2cCall *call, Matrix m) {
    float *w = call->x[0], *u = call->x[1], *v = call->x[2], *saved = (float *)call->saved;
    unsigned n = (unsigned)m.rows * (unsigned)m.columns, chunks = chunks_of(m, V),
             row_blocks = row_blocks_of(m, V);
    bool training = P2C_ATTRIBUTES(call->node, P2cSpectralAttributes)->training;
    int *counters = call->queue->counters;
    Scratch s = scratch_of(m, call->work);
    if (training)
        P2C_LAUNCH(column_sums<V>, chunks * row_blocks, THREADS, 0, call->queue, w, u, s, m, chunks,
                   row_blocks, counters);
    P2C_LAUNCH(row_sums<V>, (unsigned)m.rows, THREADS, 0, call->queue, w, u, v, saved, s, m,
               training, counters);
    P2C_LAUNCH(scale<V>, blocks_for(n / V), THREADS, 0, call->queue, w, saved, call->y, n);
}

static void forward(const P2cCall *call) {
    Matrix m = matrix_of(call->node);
    bool vector = m.columns % 4 == 0 && is_aligned(call->x[0]) && is_aligned(call->x[2]) &&
                  is_aligned(call->y);
    if (vector) launch_forward<4>(call, m);
    else launch_forward<1>(call, m);
}

/* ---- backward -------------------------------------------------------------------------------- */

/* A block sums a piece, and the last one stores sum(dy*w) / sigma^2. partial: the sum of each
 * piece. */
static __global__ void sum_products(const float *dy, const float *w, const float *saved,
                                    double *partial, float *along, unsigned n, int *counter) {
    float sum = 0;
#pragma unroll 4
    for (int j = 0; j < TERMS; j++) {
        unsigned i = blockIdx.x * PIECE + j * THREADS + threadIdx.x;
        if (i < n) sum += dy[i] * w[i];
    }
    sum = block_sum(sum);
    if (threadIdx.x == 0) partial[blockIdx.x] = sum;
    if (!is_last_block(counter, (int)gridDim.x)) return;
    double total = 0;
    for (unsigned i = threadIdx.x; i < gridDim.x; i += THREADS) total += partial[i];
    total = block_sum(total);
    if (threadIdx.x == 0) *along = (float)(total / ((double)saved[0] * saved[0]));
}

template <int V>
static __global__ void gradient(const float *dy, const float *saved, const float *along, float *dw,
                                Matrix m, unsigned n, bool overwrite) {
    unsigned i = global_thread() * V, r = i / (unsigned)m.columns, c = i % (unsigned)m.columns;
    if (i >= n) return;
    float by = 1 / saved[0], k = *along * saved[1 + r], value[V];
    load<V>(value, dy + i);
#pragma unroll
    for (int e = 0; e < V; e++) value[e] = value[e] * by - k * saved[1 + m.rows + c + e];
    put_all<V>(dw + i, value, overwrite);
}

static void backward(const P2cCall *call) {
    Matrix m = matrix_of(call->node);
    const float *saved = (const float *)call->saved;
    float *dw = call->dx[0], *along = (float *)call->work;
    unsigned n = (unsigned)m.rows * (unsigned)m.columns;
    if (!dw) return;
    P2C_LAUNCH(sum_products, blocks_for(n, PIECE), THREADS, 0, call->queue, call->dy, call->x[0],
               saved, (double *)call->work + 1, along, n, call->queue->counters);
    bool vector = m.columns % 4 == 0 && is_aligned(call->dy) && is_aligned(dw),
         overwrite = is_overwritten(call, 0);
    if (vector)
        P2C_LAUNCH(gradient<4>, blocks_for(n / 4), THREADS, 0, call->queue, call->dy, saved, along,
                   dw, m, n, overwrite);
    else
        P2C_LAUNCH(gradient<1>, blocks_for(n), THREADS, 0, call->queue, call->dy, saved, along, dw,
                   m, n, overwrite);
}

static size_t work(const P2cNode *node, bool backward, int threads) {
    Matrix m = matrix_of(node);
    (void)threads;
    return backward ? (1 + blocks_for((size_t)m.rows * (size_t)m.columns, PIECE)) * sizeof(double)
                    : scratch_bytes(m);
}

const P2cKernel p2c_cuda_spectral_norm = {
    .forward = forward, .backward = backward, .work = work, .overwrite = true
};

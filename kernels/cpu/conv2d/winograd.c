/* winograd.c: 3x3 convolutions with stride 1 by F(4x4,3x3), a quarter of the multiplications; and
 * the input gradient, which is such a convolution of dy with the weights turned round. Matrices and
 * sources: winograd_transforms.h; tiles: winograd_tiles.h.
 *
 *      U[block][point][c][BLOCK]   G g G^T of all weights, in blocks of output channels
 *      V[point][c][tile]           B^T d B of a chunk of tiles
 *      M[point][BLOCK][tile]       the product, for one block: M[point] = U[point] . V[point]
 *
 * and then A^T M A to y. Each sum over channels is made in order by one thread, however the work is
 * divided: chunks side by side where there are enough of them, else channels of one chunk. */

#include "winograd_tiles.h"

/* V of a chunk stays in the second-level cache, M near the first. */
enum { V_BYTES = 5 << 18, MOST_TILES = 128, PANEL = 3 };

/* One convolution of this kind. */
typedef struct Pass {
    const P2cCall *call;
    Conv s;
    Tiles t;
    const float *x, *bias; /* bias: NULL: none */
    float *U, *scratch, *y;
    bool add; /* to y */
} Pass;

static Tiles forward_tiles(Conv s) {
    int fit = V_BYTES / (int)(POINTS * sizeof(float)) / s.cin;
    return tiles_of(s, min_int(MOST_TILES, fit));
}

static size_t weight_floats(Conv s) {
    return aligned_floats((size_t)blocks_of(s) * POINTS * (size_t)(s.cin + 1) * BLOCK);
}
static size_t v_floats(Conv s, Tiles t) { return POINTS * plane_of(s.cin, t); }
static size_t m_floats(Tiles t) { return POINTS * plane_of(BLOCK, t); }
static size_t rows_floats(Tiles t) { return (size_t)(TILE * TILE * t.vectors * LANES); }
/* V | M | rows of y | packing */
static size_t thread_floats(Conv s, Tiles t) {
    return v_floats(s, t) + m_floats(t) + rows_floats(t) + packing_floats(t);
}
static size_t pass_bytes(Conv s, int threads) {
    return sizeof(float) *
           (weight_floats(s) + (size_t)threads * thread_floats(s, forward_tiles(s)));
}

/* ---- weights: G g G^T, LANES / BLOCK input channels at a time ---- */

/* The weight of output o and input c, tap 0; turned: those of the input gradient, where outputs
 * and inputs are exchanged and taps come from the last one on. */
static const float *weight_at(const float *w, Conv s, int o, int c, bool turned) {
    return w + 9 * (turned ? (size_t)c * (size_t)s.cout + (size_t)o
                           : (size_t)o * (size_t)s.cin + (size_t)c);
}

/* Absent weights are zero. */
static void gather_weights(const float *w, Conv s, int block, int c, bool turned, Vec to[9]) {
    float taps[9][LANES];
    for (int l = 0; l < LANES; l++) {
        int o = block * BLOCK + l % BLOCK, in = c + l / BLOCK;
        bool exists = o < s.cout && in < s.cin;
        const float *from = exists ? weight_at(w, s, o, in, turned) : NULL;
        for (int i = 0; i < 9; i++) taps[i][l] = exists ? from[turned ? 8 - i : i] : 0;
    }
    memcpy(to, taps, sizeof taps);
}

static void transform_pair(const float *w, Conv s, int block, int c, bool turned, float *U) {
    Vec g[9], half[PATCH][3];
    float *to = U + ((size_t)block * POINTS * (size_t)(s.cin + 1) + (size_t)c) * BLOCK;
    gather_weights(w, s, block, c, turned, g);
    for (int v = 0; v < 3; v++) {
        Vec column[PATCH];
        transform_weights(g + v, 3, column);
        for (int u = 0; u < PATCH; u++) half[u][v] = column[u];
    }
    for (int u = 0; u < PATCH; u++) {
        Vec row[PATCH];
        transform_weights(half[u], 1, row);
        for (int v = 0; v < PATCH; v++)
            *(Vec *)(to + (size_t)(u * PATCH + v) * (size_t)(s.cin + 1) * BLOCK) = row[v];
    }
}

static void transform_all_weights(const Pass *p, const float *w, bool turned) {
    Conv s = p->s;
    size_t count = (size_t)s.cin * (size_t)s.cout * 9;
#pragma omp parallel for num_threads(threads_for(p->call, count)) schedule(static)
    for (int b = 0; b < blocks_of(s); b++)
        for (int c = 0; c < s.cin; c += LANES / BLOCK) transform_pair(w, s, b, c, turned, p->U);
}

/* ---- products ---- */

/* M of one point, `width` vectors of tiles, a block of outputs. row: floats between channels. */
ALWAYS_INLINE void multiply_panel(const float *U, const float *V, size_t row, int cin, int width,
                                  float *M) {
    Vec sums[BLOCK][PANEL];
    for (int o = 0; o < BLOCK; o++)
        for (int i = 0; i < width; i++) sums[o][i] = (Vec){ 0 };
    for (int c = 0; c < cin; c++, U += BLOCK, V += row) {
        Vec in[PANEL];
#pragma GCC unroll 3
        for (int i = 0; i < width; i++) in[i] = *(const Vec *)(V + i * LANES);
#pragma GCC unroll 8
        for (int o = 0; o < BLOCK; o++)
#pragma GCC unroll 3
            for (int i = 0; i < width; i++) sums[o][i] += U[o] * in[i];
    }
    for (int o = 0; o < BLOCK; o++)
        for (int i = 0; i < width; i++) *(Vec *)(M + (size_t)o * row + i * LANES) = sums[o][i];
}

static void multiply_point(const float *U, const float *V, int cin, int vectors, float *M) {
    size_t row = (size_t)(vectors * LANES);
    int i = 0;
    for (; vectors - i >= PANEL && vectors - i != 4; i += PANEL)
        multiply_panel(U, V + i * LANES, row, cin, PANEL, M + i * LANES);
    for (; vectors - i >= 2; i += 2) multiply_panel(U, V + i * LANES, row, cin, 2, M + i * LANES);
    if (i < vectors) multiply_panel(U, V + i * LANES, row, cin, 1, M + i * LANES);
}

/* ---- results ---- */

/* A^T M A of one channel: rows[u][4*tile + v], its tiles one after the other. */
static void transform_back(const float *M, Tiles t, Chunk k, float *rows) {
    size_t plane = plane_of(BLOCK, t), length = (size_t)(TILE * k.vectors * LANES);
    for (int l = 0; l < k.vectors * LANES; l += LANES) {
        Vec half[TILE][PATCH];
        for (int v = 0; v < PATCH; v++) {
            Vec m[PATCH], column[TILE];
            for (int u = 0; u < PATCH; u++)
                m[u] = *(const Vec *)(M + (size_t)(u * PATCH + v) * plane + l);
            transform_output(m, 1, column);
            for (int u = 0; u < TILE; u++) half[u][v] = column[u];
        }
        for (int u = 0; u < TILE; u++) {
            Vec whole[TILE], joined[TILE];
            transform_output(half[u], 1, whole);
            interleave_4(whole, joined);
            for (int i = 0; i < TILE; i++)
                *(Vec *)(rows + (size_t)u * length + (size_t)(TILE * l + i * LANES)) = joined[i];
        }
    }
}

static void store_row(const Pass *p, const float *from, float bias, float *to) {
    int n = p->s.ow;
    float slope = p->s.slope;
    if (p->add)
        for (int x = 0; x < n; x++) to[x] += from[x];
    else
        for (int x = 0; x < n; x++) to[x] = activated(from[x] + bias, slope);
}

/* What exists of a channel's tiles to y. */
static void store_channel(const Pass *p, Chunk k, int o, const float *rows) {
    Tiles t = p->t;
    size_t length = (size_t)(TILE * k.vectors * LANES);
    float *y =
        p->y + ((size_t)k.n * (size_t)p->s.cout + (size_t)o) * (size_t)p->s.oh * (size_t)p->s.ow;
    int end = min_int(TILE * k.rows, p->s.oh - TILE * k.first);
    for (int r = 0; r < end; r++)
        store_row(p, rows + (size_t)(r % TILE) * length + (size_t)(TILE * (r / TILE) * t.across),
                  p->bias ? p->bias[o] : 0, y + (size_t)(TILE * k.first + r) * (size_t)p->s.ow);
}

/* A block of outputs of a chunk, from V. M: the thread's, with its rows after it. */
static void compute_block(const Pass *p, Chunk k, int block, const float *V, float *M) {
    Conv s = p->s;
    float *rows = M + m_floats(p->t);
    for (int i = 0; i < POINTS; i++)
        multiply_point(p->U + ((size_t)block * POINTS + (size_t)i) * (size_t)(s.cin + 1) * BLOCK,
                       V + (size_t)i * plane_of(s.cin, p->t), s.cin, k.vectors,
                       M + (size_t)i * plane_of(BLOCK, p->t));
    for (int o = 0; o < min_int(BLOCK, s.cout - block * BLOCK); o++) {
        transform_back(M + (size_t)(o * k.vectors * LANES), p->t, k, rows);
        store_channel(p, k, block * BLOCK + o, rows);
    }
}

/* ---- who does what ---- */

static float *scratch_of(const Pass *p) {
    return p->scratch + (size_t)p2c_team_slot() * thread_floats(p->s, p->t);
}
static float *m_of(const Pass *p, float *scratch) { return scratch + v_floats(p->s, p->t); }
static float *packing_of(const Pass *p, float *scratch) {
    return m_of(p, scratch) + m_floats(p->t) + rows_floats(p->t);
}

static void chunks_side_by_side(const Pass *p, int chunks, int threads) {
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int i = 0; i < chunks; i++) {
        Chunk k = chunk_at(p->t, i);
        float *V = scratch_of(p);
        transform_chunk(p->call, p->x, p->s, p->t, k, 0, p->s.cin, packing_of(p, V), V);
        for (int b = 0; b < blocks_of(p->s); b++) compute_block(p, k, b, V, m_of(p, V));
    }
}

static void chunk_by_chunk(const Pass *p, int chunks, int threads) {
    for (int i = 0; i < chunks; i++) {
        Chunk k = chunk_at(p->t, i);
#pragma omp parallel for num_threads(threads) schedule(static)
        for (int c = 0; c < p->s.cin; c++)
            transform_chunk(p->call, p->x, p->s, p->t, k, c, c + 1, packing_of(p, scratch_of(p)),
                            p->scratch);
#pragma omp parallel for num_threads(threads) schedule(static)
        for (int b = 0; b < blocks_of(p->s); b++)
            compute_block(p, k, b, p->scratch, m_of(p, scratch_of(p)));
    }
}

static void compute(const Pass *p) {
    Conv s = p->s;
    int chunks = s.n * chunks_down(p->t);
    int threads = threads_for(p->call, (size_t)s.n * (size_t)s.cout * (size_t)s.oh * (size_t)s.ow);
    if (chunks >= threads) chunks_side_by_side(p, chunks, threads);
    else chunk_by_chunk(p, chunks, threads);
}

size_t P2C_CPU(conv2d_winograd_work)(Conv s, int threads) { return pass_bytes(s, threads); }

void P2C_CPU(conv2d_winograd)(const P2cCall *call, Conv s) {
    float *U = call->work;
    Pass p = { .call = call,
               .s = s,
               .t = forward_tiles(s),
               .x = call->x[0],
               .bias = call->node->count == 3 ? call->x[2] : NULL,
               .U = U,
               .scratch = U + weight_floats(s),
               .y = call->y };
    transform_all_weights(&p, call->x[1], false);
    compute(&p);
}

/* ---- input gradient: of the padded input's inside; what reflection read from beyond the borders
 * is added by winograd_borders.c ---- */

static Conv turned(Conv s) {
    return (Conv){ .n = s.n,
                   .groups = 1,
                   .cin = s.cout,
                   .cout = s.cin,
                   .h = s.oh,
                   .w = s.ow,
                   .kh = 3,
                   .kw = 3,
                   .oh = s.h,
                   .ow = s.w,
                   .stride = 1,
                   .dilation = 1,
                   .up = 1,
                   .slope = 1,
                   .pad_y = 2 - s.pad_y,
                   .pad_x = 2 - s.pad_x };
}

size_t P2C_CPU(conv2d_winograd_input_work)(Conv s, int threads) {
    size_t pass = pass_bytes(turned(s), threads), borders = P2C_CPU(conv2d_winograd_border_work)(s);
    return pass > borders ? pass : borders;
}

void P2C_CPU(conv2d_winograd_input_gradient)(const P2cCall *call, Conv s) {
    float *U = call->work;
    Pass p = { .call = call,
               .s = turned(s),
               .t = forward_tiles(turned(s)),
               .x = call->dy,
               .U = U,
               .scratch = U + weight_floats(turned(s)),
               .y = call->dx[0],
               .add = !(call->overwrite & 1) };
    transform_all_weights(&p, call->x[1], true);
    compute(&p);
    if (s.reflect) P2C_CPU(conv2d_winograd_borders)(call, s);
}

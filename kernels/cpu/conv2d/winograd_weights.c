/* winograd_weights.c: the weight gradient of a 3x3 convolution with stride 1 by F(3x3,4x4), a
 * quarter of the multiplications. Matrices and sources: winograd_transforms.h; tiles:
 * winograd_tiles.h.
 *
 *      V[point][c][tile]    B^T d B of the input's patches, as in forward
 *      D[point][o][tile]    H dy H^T of the tiles of dy
 *      M[point][block]      sum over all tiles of D[point][o] * V[point][c]: for each block of
 *                           SUM_O x SUM_C pairs (o,c) a vector, one lane each
 *
 * and then C^T M C, added to dw. Chunks of tiles follow one another; threads divide channels, then
 * points and outputs, of each: so that sums are the same for every number of threads. */

#include "winograd_tiles.h"

/* As many pairs as a vector has lanes: their sums fit the registers. */
enum { SUM_O = LANES == 16 ? 4 : 2, SUM_C = LANES / SUM_O, MOST_TILES = 128 };

/* The weight gradient of one convolution. */
typedef struct Sums {
    const P2cCall *call;
    Conv s, dy; /* dy: its tiles, as if it were the input of a convolution */
    Tiles t;
    float *M, *V, *D, *packing;
} Sums;

static int o_blocks(Conv s) { return (s.cout + SUM_O - 1) / SUM_O; }
static int c_blocks(Conv s) { return (s.cin + SUM_C - 1) / SUM_C; }
static size_t point_floats(Conv s) { return (size_t)(o_blocks(s) * c_blocks(s)) * LANES; }

size_t P2C_CPU(conv2d_winograd_weight_work)(Conv s, int threads) {
    Tiles t = tiles_of(s, MOST_TILES);
    return sizeof(float) * (POINTS * (point_floats(s) + plane_of(s.cin, t) + plane_of(s.cout, t)) +
                            (size_t)threads * packing_floats(t));
}

/* ---- H dy H^T ---- */

/* Channel o of a chunk: to[point][o][tile]. */
static void transform_dy_channel(const float *packed, Tiles t, Chunk k, size_t plane, float *to) {
    for (int l = 0; l < k.vectors * LANES; l += LANES, to += LANES) {
        Vec half[TILE][PATCH];
        for (int u = 0; u < TILE; u++) {
            Vec d[TILE];
            for (int v = 0; v < TILE; v++)
                d[v] = *(const Vec *)(packed + (size_t)(u * PATCH + v) * packed_run(t) + l);
            transform_dy(d, 1, half[u]);
        }
        for (int v = 0; v < PATCH; v++) {
            Vec whole[PATCH];
            transform_dy(&half[0][v], PATCH, whole);
            for (int u = 0; u < PATCH; u++)
                *(Vec *)(to + (size_t)(u * PATCH + v) * plane) = whole[u];
        }
    }
}

static void transform_dy_of(const Sums *z, Chunk k, int o, float *packed) {
    size_t p = (size_t)k.n * (size_t)z->s.cout + (size_t)o;
    pack_channel(z->call->dy + p * (size_t)z->dy.h * (size_t)z->dy.w, z->dy,
                 norm_at(z->call, z->dy, p), z->t, k, TILE, packed);
    transform_dy_channel(packed, z->t, k, plane_of(z->s.cout, z->t),
                         z->D + (size_t)o * (size_t)(k.vectors * LANES));
}

/* ---- sums over tiles ---- */

/* Which of the vectors given to lane_sums has its sum in lane l: bits in reverse order. */
static int summed_in_lane(int l) {
    int from = 0;
    for (int bit = 1; bit < LANES; bit *= 2) from = 2 * from + (l / bit & 1);
    return from;
}

/* The sums of the lanes of LANES vectors, each in a lane of the result: vectors are added pairwise,
 * even places to odd ones, and half as many are left. */
ALWAYS_INLINE Vec lane_sums(Vec a[LANES]) {
#pragma GCC unroll 4
    for (int half = LANES / 2; half > 0; half /= 2)
#pragma GCC unroll 8
        for (int i = 0; i < half; i++)
            a[i] = even_of(a[i], a[i + half]) + odd_of(a[i], a[i + half]);
    return a[0];
}

/* A block of pairs of a point. d, v: the first channel's tiles; of channels that do not exist the
 * last one's. */
ALWAYS_INLINE Vec block_sums(const float *const d[SUM_O], const float *const v[SUM_C],
                             int vectors) {
    Vec sums[LANES];
#pragma GCC unroll 16
    for (int i = 0; i < LANES; i++) sums[i] = (Vec){ 0 };
    for (int l = 0; l < vectors * LANES; l += LANES) {
        Vec in[SUM_C];
#pragma GCC unroll 4
        for (int j = 0; j < SUM_C; j++) in[j] = *(const Vec *)(v[j] + l);
#pragma GCC unroll 4
        for (int i = 0; i < SUM_O; i++) {
            Vec out = *(const Vec *)(d[i] + l);
#pragma GCC unroll 4
            for (int j = 0; j < SUM_C; j++) sums[i * SUM_C + j] += out * in[j];
        }
    }
    return lane_sums(sums);
}

/* All pairs of a point with the outputs of block ob. first: nothing is in M yet. */
static void add_chunk(const Sums *z, Chunk k, int point, int ob, bool first) {
    Conv s = z->s;
    size_t row = (size_t)(k.vectors * LANES);
    const float *D = z->D + (size_t)point * plane_of(s.cout, z->t), *d[SUM_O],
                *V = z->V + (size_t)point * plane_of(s.cin, z->t), *v[SUM_C];
    float *M = z->M + (size_t)point * point_floats(s) + (size_t)(ob * c_blocks(s)) * LANES;
    for (int i = 0; i < SUM_O; i++) d[i] = D + (size_t)min_int(ob * SUM_O + i, s.cout - 1) * row;
    for (int c = 0; c < s.cin; c += SUM_C, M += LANES) {
        for (int j = 0; j < SUM_C; j++) v[j] = V + (size_t)min_int(c + j, s.cin - 1) * row;
        Vec sums = block_sums(d, v, k.vectors);
        if (!first) sums += *(const Vec *)M;
        *(Vec *)M = sums;
    }
}

/* ---- C^T M C ---- */

static void add_block(const Sums *z, int ob, int cb) {
    Conv s = z->s;
    const float *M = z->M + (size_t)(ob * c_blocks(s) + cb) * LANES;
    Vec half[3][PATCH], taps[3][3];
    for (int v = 0; v < PATCH; v++) {
        Vec m[PATCH], column[3];
        for (int u = 0; u < PATCH; u++)
            m[u] = *(const Vec *)(M + (size_t)(u * PATCH + v) * point_floats(s));
        transform_dw(m, 1, column);
        for (int u = 0; u < 3; u++) half[u][v] = column[u];
    }
    for (int u = 0; u < 3; u++) transform_dw(half[u], 1, taps[u]);
    for (int l = 0; l < LANES; l++) {
        int pair = summed_in_lane(l), o = ob * SUM_O + pair / SUM_C, c = cb * SUM_C + pair % SUM_C;
        if (o >= s.cout || c >= s.cin) continue;
        float *dw = z->call->dx[1] + 9 * ((size_t)o * (size_t)s.cin + (size_t)c);
        for (int i = 0; i < 9; i++) dw[i] += taps[i / 3][i % 3][l];
    }
}

/* ---- all of it ---- */

/* Channel c of the input, or channel c - cin of dy. */
static void transform_either(const Sums *z, Chunk k, int c) {
    float *packed = z->packing + (size_t)p2c_team_slot() * packing_floats(z->t);
    if (c < z->s.cin)
        transform_chunk(z->call, z->call->x[0], z->s, z->t, k, c, c + 1, packed, z->V);
    else transform_dy_of(z, k, c - z->s.cin, packed);
}

static void add_chunk_by_all(const Sums *z, Chunk k, int threads, bool first) {
    int blocks = o_blocks(z->s);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int c = 0; c < z->s.cin + z->s.cout; c++) transform_either(z, k, c);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int i = 0; i < POINTS * blocks; i++) add_chunk(z, k, i / blocks, i % blocks, first);
}

void P2C_CPU(conv2d_winograd_weight_gradient)(const P2cCall *call, Conv s) {
    Tiles t = tiles_of(s, MOST_TILES);
    Sums z = { .call = call, .s = s, .t = t, .M = call->work };
    z.dy = (Conv){ .n = s.n, .cin = s.cout, .h = s.oh, .w = s.ow, .stride = 1, .up = 1 };
    z.V = z.M + POINTS * point_floats(s);
    z.D = z.V + POINTS * plane_of(s.cin, t);
    z.packing = z.D + POINTS * plane_of(s.cout, t);
    size_t elements = (size_t)s.n * (size_t)(s.cin + s.cout) * (size_t)s.oh * (size_t)s.ow;
    int threads = threads_for(call, elements);
    for (int i = 0; i < s.n * chunks_down(t); i++)
        add_chunk_by_all(&z, chunk_at(t, i), threads, i == 0);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int b = 0; b < o_blocks(s); b++)
        for (int c = 0; c < c_blocks(s); c++) add_block(&z, b, c);
}

/* gemm.c: a matrix product by packed blocks. K. Goto, R. van de Geijn, Anatomy of High-Performance
 * Matrix Multiplication, ACM TOMS 34(3), 2008.
 *
 *     a block of a    HEIGHT x DEPTH, in panels of TILE_ROWS rows        panel[k][row]
 *     a panel of b    DEPTH x at most TILE_VECTORS vectors of columns    panel[k][column]
 *
 * A block of a stays in the second-level cache. Panel after panel of b is multiplied by it, tile by
 * tile of c, whose sums over the block's depth are in registers. */
#include "gemm.h"
#include "shuffle.h"

/* A tile, one vector of b for each of its own and one element of a fill the registers: 8 x 3 of 32,
 * 4 x 3 of 16. Without fused multiply-add, products need a register, too: 4 x 2. */
#if defined(__AVX512F__) || defined(__aarch64__)
enum { TILE_ROWS = 8, TILE_VECTORS = 3 };
#elif defined(__AVX__)
enum { TILE_ROWS = 4, TILE_VECTORS = 3 };
#else
enum { TILE_ROWS = 4, TILE_VECTORS = 2 };
#endif
/* DEPTH is the same for all processors, since it decides about bits. */
enum { HEIGHT = 256, DEPTH = 256, TILE_COLUMNS = TILE_VECTORS * LANES };
/* The scratch is the packed block of a, then the packed panel of b. */
_Static_assert(GEMM_FLOATS >= DEPTH * (HEIGHT + TILE_COLUMNS), "gemm.h: scratch");

/* The size of about equal parts of n: a multiple of `unit`, at most `most`. */
static int part_of(int n, int most, int unit) {
    int parts = (n + most - 1) / most, size = (n + parts - 1) / parts;
    return (size + unit - 1) / unit * unit;
}

/* ---- packing ---------------------------------------------------------------------------------
 * A line is a row of a or a column of b: to[k * width + line]. Of `group` lines `count` exist; what
 * comes of the others is never stored. */

/* v[line], each with its elements for LANES neighbouring k, to the order of a packed panel: for one
 * k after the other, all lines. group: a power of two. Each pass joins two sequences of vectors to
 * one, element by element: one of the first half of v and one of the second. */
ALWAYS_INLINE void turn(Vec v[LANES], int group) {
#pragma GCC unroll 4
    for (int sequences = group; sequences > 1; sequences /= 2) {
        Vec in[LANES];
#pragma GCC unroll 16
        for (int i = 0; i < group; i++) in[i] = v[i];
#pragma GCC unroll 16
        for (int i = 0; i < group / 2; i++) {
            v[2 * i] = interleave_first(in[i], in[i + group / 2]);
            v[2 * i + 1] = interleave_second(in[i], in[i + group / 2]);
        }
    }
}

/* Lines whose elements are neighbours in memory. The last line stands for those that do not
 * exist. */
ALWAYS_INLINE void pack_along(const float *from, size_t stride, int count, int depth, int group,
                              size_t width, float *to) {
    const float *line[LANES];
    int k = 0;
    for (int i = 0; i < group; i++) line[i] = from + (size_t)min_int(i, count - 1) * stride;
    for (; k + LANES <= depth; k += LANES) {
        Vec v[LANES];
#pragma GCC unroll 16
        for (int i = 0; i < group; i++) v[i] = *(const Vec *)(line[i] + k);
        turn(v, group);
#pragma GCC unroll 16
        for (int i = 0; i < group; i++)
            *(Vec *)(to + (size_t)(k + i * (LANES / group)) * width) = v[i];
    }
    for (; k < depth; k++)
        for (int i = 0; i < group; i++) to[(size_t)k * width + (size_t)i] = line[i][k];
}

/* Lines that lie side by side in memory: `stride` floats from k to k. Zeros stand for those that do
 * not exist. */
ALWAYS_INLINE void pack_across(const float *from, size_t stride, int count, int depth, int group,
                               size_t width, float *to) {
    if (count < group)
        for (int k = 0; k < depth; k++, from += stride, to += width)
            for (int i = 0; i < group; i++) to[i] = i < count ? from[i] : 0;
    else
        for (int k = 0; k < depth; k++, from += stride, to += width)
#pragma GCC unroll 16
            for (int i = 0; i < group; i++) to[i] = from[i];
}

static void pack_a(const Gemm *g, int first, int rows, int k, int depth, float *to) {
    size_t stride = (size_t)g->a.stride;
    for (int i = 0; i < rows; i += TILE_ROWS, to += TILE_ROWS * depth) {
        int count = min_int(TILE_ROWS, rows - i);
        size_t row = (size_t)(first + i);
        if (g->a.turned)
            pack_across(g->a.values + (size_t)k * stride + row, stride, count, depth, TILE_ROWS,
                        TILE_ROWS, to);
        else
            pack_along(g->a.values + row * stride + (size_t)k, stride, count, depth, TILE_ROWS,
                       TILE_ROWS, to);
    }
}

/* Whole vectors of columns that lie side by side. */
static void copy_b(const float *from, size_t stride, int vectors, int depth, float *to) {
    for (int k = 0; k < depth; k++, from += stride)
        for (int v = 0; v < vectors; v++, to += LANES)
            *(Vec *)to = *(const Vec *)(from + v * LANES);
}

static void pack_b(const Gemm *g, int first, int vectors, int k, int depth, float *to) {
    size_t stride = (size_t)g->b.stride, width = (size_t)(vectors * LANES);
    const float *b = g->b.values;
    if (!g->b.turned && g->n - first >= vectors * LANES) {
        copy_b(b + (size_t)k * stride + (size_t)first, stride, vectors, depth, to);
        return;
    }
    for (int v = 0; v < vectors; v++, first += LANES, to += LANES) {
        int count = min_int(LANES, g->n - first);
        if (g->b.turned)
            pack_along(b + (size_t)first * stride + (size_t)k, stride, count, depth, LANES, width,
                       to);
        else
            pack_across(b + (size_t)k * stride + (size_t)first, stride, count, depth, LANES, width,
                        to);
    }
}

/* ---- tiles ----------------------------------------------------------------------------------- */

/* A place in c, what of a tile exists there, and the panels that it is the product of. */
typedef struct Tile {
    const float *a, *b;
    float *c;
    size_t stride;
    int depth, rows, columns;
    bool add;
} Tile;

ALWAYS_INLINE void sum_tile(const Tile *t, int rows, int vectors,
                            Vec sums[TILE_ROWS][TILE_VECTORS]) {
    const float *a = t->a, *b = t->b;
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 3
        for (int v = 0; v < vectors; v++) sums[i][v] = (Vec){ 0 };
    for (int k = 0; k < t->depth; k++, a += TILE_ROWS, b += vectors * LANES) {
        Vec in[TILE_VECTORS];
#pragma GCC unroll 3
        for (int v = 0; v < vectors; v++) in[v] = *(const Vec *)(b + v * LANES);
#pragma GCC unroll 8
        for (int i = 0; i < rows; i++)
#pragma GCC unroll 3
            for (int v = 0; v < vectors; v++) sums[i][v] += a[i] * in[v];
    }
}

static void store_part(const Tile *t, const float *sums, int width) {
    for (int i = 0; i < t->rows; i++, sums += width)
        for (int j = 0; j < t->columns; j++) {
            float *c = t->c + (size_t)i * t->stride + (size_t)j;
            *c = t->add ? *c + sums[j] : sums[j];
        }
}

/* rows, vectors: constants, of which fewer may exist in c. */
ALWAYS_INLINE void multiply_tile(const Tile *t, int rows, int vectors) {
    Vec sums[TILE_ROWS][TILE_VECTORS];
    float part[TILE_ROWS * TILE_COLUMNS];
    bool whole = t->rows == rows && t->columns == vectors * LANES;
    sum_tile(t, rows, vectors, sums);
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 3
        for (int v = 0; v < vectors; v++) {
            Vec *c = (Vec *)(t->c + (size_t)i * t->stride + (size_t)(v * LANES));
            if (!whole) c = (Vec *)(part + (i * vectors + v) * LANES);
            else if (t->add) sums[i][v] += *c;
            *c = sums[i][v];
        }
    if (!whole) store_part(t, part, vectors * LANES);
}

/* All tiles of a panel of b. */
ALWAYS_INLINE void multiply_panel(Tile t, int height, int vectors) {
    for (int i = 0; i < height; i += TILE_ROWS) {
        t.rows = min_int(TILE_ROWS, height - i);
        if (t.rows > TILE_ROWS / 2) multiply_tile(&t, TILE_ROWS, vectors);
        else if (t.rows > 1) multiply_tile(&t, TILE_ROWS / 2, vectors);
        else multiply_tile(&t, 1, vectors);
        t.a += (size_t)TILE_ROWS * (size_t)t.depth;
        t.c += TILE_ROWS * t.stride;
    }
}

/* How many vectors of columns come next of `left`. Four are two and two, since the last one alone
 * would leave multipliers idle. */
static int next_vectors(int left) { return left == 4 ? 2 : min_int(TILE_VECTORS, left); }

/* The product of a packed block of a with all columns of b. */
static void multiply_block(const Gemm *g, Tile t, int height, int k, float *b) {
    int vectors = (g->n + LANES - 1) / LANES;
    t.b = b;
    for (int v = 0, next; v < vectors; v += next) {
        next = next_vectors(vectors - v);
        pack_b(g, v * LANES, next, k, t.depth, b);
        t.columns = min_int(next * LANES, g->n - v * LANES);
        if (next == 1) multiply_panel(t, height, 1);
        else if (next == 2) multiply_panel(t, height, 2);
        else multiply_panel(t, height, TILE_VECTORS);
        t.c += next * LANES;
    }
}

void P2C_CPU(gemm_packed)(const Gemm *g, float *work) {
    int depth = part_of(g->k, DEPTH, WIDE), height = part_of(g->m, HEIGHT, TILE_ROWS);
    for (int k = 0; k < g->k; k += depth)
        for (int i = 0; i < g->m; i += height) {
            Tile t = { .a = work,
                       .c = g->c + (size_t)i * (size_t)g->c_stride,
                       .stride = (size_t)g->c_stride,
                       .depth = min_int(depth, g->k - k),
                       .add = g->add || k > 0 };
            int rows = min_int(height, g->m - i);
            pack_a(g, i, rows, k, t.depth, work);
            multiply_block(g, t, rows, k, work + HEIGHT * DEPTH);
        }
}

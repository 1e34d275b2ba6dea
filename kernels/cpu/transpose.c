/* transpose: y's axis i is x's axis order[i];  dx += dy, permuted back.
 *
 * Axes of size 1 are dropped, and axes that stay neighbours are joined. Then there are two cases.
 * If the innermost axis stays, runs along it are moved. Otherwise the innermost axes of both
 * tensors are transposed for every index of the others, tile by tile through a small buffer. So
 * both sides are read and written in runs. This also avoids cache conflicts if steps are powers of
 * 2. */
#include <string.h>

#include "cpu.h"
#include "op/transpose.h"

enum { TILE = 64, FEW = 8 };

typedef struct Axis {
    size_t size, from, to; /* step: distance of neighbours in either tensor */
} Axis;

/* The axes, first the innermost one of `to`. */
typedef struct Move {
    int rank;
    Axis axis[4];
} Move;

static Move move_of(P2cDims from, const int order[4]) {
    Move m = { 0 };
    size_t steps[4], step = 1, to = 1;
    for (int k = 3; k >= 0; step *= (size_t)from.d[k--]) steps[k] = step;
    for (int k = 3; k >= 0; k--) {
        Axis a = { (size_t)from.d[order[k]], steps[order[k]], to },
             *inner = m.rank ? &m.axis[m.rank - 1] : NULL;
        if (a.size == 1) continue;
        to *= a.size;
        if (inner && inner->from * inner->size == a.from) inner->size *= a.size;
        else m.axis[m.rank++] = a;
    }
    return m;
}

/* Removes axis k and returns it. */
static Axis take(Move *m, int k) {
    Axis axis = m->axis[k];
    m->rank--;
    for (; k < m->rank; k++) m->axis[k] = m->axis[k + 1];
    return axis;
}

static size_t count_of(const Move *m) {
    size_t n = 1;
    for (int k = 0; k < m->rank; k++) n *= m->axis[k].size;
    return n;
}

/* The offsets of element i of the remaining axes in both tensors. */
static void places_at(const Move *m, size_t i, size_t *from, size_t *to) {
    *from = *to = 0;
    for (int k = 0; k < m->rank; k++) {
        size_t at = i % m->axis[k].size;
        i /= m->axis[k].size;
        *from += at * m->axis[k].from;
        *to += at * m->axis[k].to;
    }
}

static void put(const float *from, float *to, size_t n, bool add) {
    if (add) axpy(1, from, to, n);
    else memcpy(to, from, n * sizeof *to);
}

static void move_runs(const P2cCall *call, Move m, const float *from, float *to, bool add) {
    size_t run = m.rank ? take(&m, 0).size : 1, count = count_of(&m);
#pragma omp parallel for num_threads(threads_for(call, count *run)) schedule(static)
    for (size_t i = 0; i < count; i++) {
        size_t a, b;
        places_at(&m, i, &a, &b);
        put(from + a, to + b, run, add);
    }
}

/* Moves rows x columns elements, at most TILE each. rows: innermost axis of `from`; columns:
 * innermost axis of `to`. */
static void move_tile(const float *from, size_t from_step, float *to, size_t to_step, size_t rows,
                      size_t columns, bool add) {
    float tile[TILE][TILE];
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++) tile[c][r] = from[r * from_step + c];
    for (size_t c = 0; c < columns; c++) put(tile[c], to + c * to_step, rows, add);
}

/* The same without a buffer, if one side is short, such as the colours of pixels: runs along the
 * other side. */
static void move_strip(const float *from, size_t from_step, float *to, size_t to_step, size_t rows,
                       size_t columns, bool add) {
    bool by_columns = rows > columns; /* columns are the shorter side then */
    size_t outer = by_columns ? columns : rows, from_outer = by_columns ? 1 : from_step,
           to_outer = by_columns ? to_step : 1;
    size_t inner = by_columns ? rows : columns, from_inner = by_columns ? from_step : 1,
           to_inner = by_columns ? 1 : to_step;
    for (size_t i = 0; i < outer; i++) {
        const float *x = from + i * from_outer;
        float *y = to + i * to_outer;
        for (size_t k = 0; k < inner; k++)
            y[k * to_inner] = add ? y[k * to_inner] + x[k * from_inner] : x[k * from_inner];
    }
}

static void move_tiles(const P2cCall *call, Move m, const float *from, float *to, bool add) {
    int k = 1;
    while (m.axis[k].from != 1) k++;
    /* the two axes of the tiles: innermost in `from`, innermost in `to` */
    const Axis columns = take(&m, k), rows = take(&m, 0);
    size_t across = (columns.size + TILE - 1) / TILE, down = (rows.size + TILE - 1) / TILE,
           tiles = count_of(&m) * down * across;
    bool is_strip = rows.size <= FEW || columns.size <= FEW;
#pragma omp parallel for num_threads(threads_for(call, tiles *TILE *TILE)) schedule(static)
    for (size_t i = 0; i < tiles; i++) {
        size_t c = i % across * TILE, r = i / across % down * TILE, a, b;
        places_at(&m, i / across / down, &a, &b);
        (is_strip ? move_strip : move_tile)(from + a + r * rows.from + c, rows.from,
                                            to + b + c * columns.to + r, columns.to,
                                            rows.size - r < TILE ? rows.size - r : TILE,
                                            columns.size - c < TILE ? columns.size - c : TILE, add);
    }
}

static void move(const P2cCall *call, P2cDims dims, const int order[4], const float *from,
                 float *to, bool add) {
    Move m = move_of(dims, order);
    if (m.rank == 0 || m.axis[0].from == 1) move_runs(call, m, from, to, add);
    else move_tiles(call, m, from, to, add);
}

static const int *order_of(const P2cCall *call) {
    return P2C_ATTRIBUTES(call->node, P2cOrderAttributes)->order;
}

static void forward(const P2cCall *call) {
    move(call, call->node->x[0]->dims, order_of(call), call->x[0], call->y, false);
}

static void backward(const P2cCall *call) {
    int back[4];
    for (int i = 0; i < 4; i++) back[order_of(call)[i]] = i;
    if (call->dx[0]) move(call, call->node->dims, back, call->dy, call->dx[0], true);
}

const P2cKernel P2C_CPU(transpose) = { .forward = forward, .backward = backward };

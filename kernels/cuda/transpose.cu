/* transpose: y's axis i is x's axis order[i];  dx += dy, permuted back.
 *
 * If the innermost axis stays, or is short on either side, each element is gathered. Otherwise the
 * innermost axes of both tensors are transposed for every index of the others: by tiles in shared
 * memory, one per block, so that both sides are read and written in runs. */
#include "elementwise.cuh"
#include "op/transpose.h"
#include "walk.cuh"

/* ROWS: rows of a tile that are moved at once */
enum { TILE = 32, ROWS = THREADS / TILE, SHORT = 8 };

/* From the elements of `to` to those of `from`, as a. */
static Walk walk_of(P2cDims from, const int order[4]) {
    Steps steps = steps_of(from);
    unsigned to = 1;
    Walk w = walk_new();
    for (int k = 3; k >= 0; k--) {
        walk_around(&w, from.d[order[k]], steps.of[order[k]], to);
        to *= (unsigned)from.d[order[k]];
    }
    return w;
}

struct Gather {
    const float *from;
    Walk walk;
    __device__ float operator()(unsigned i) const { return from[places_at(walk, i).a]; }
};

struct Tiles {
    WalkSize rows, columns; /* innermost in `to`; innermost in `from` */
    Walk outer;
    Divisor across, down; /* number of tiles along columns, along rows */
};

static __global__ void tile_kernel(const float *from, float *to, Tiles t, bool overwrite) {
    __shared__ float tile[TILE][TILE + 1];
    unsigned up = quotient(blockIdx.x, t.across), outer = quotient(up, t.down),
             lane = threadIdx.x % TILE, first = threadIdx.x / TILE;
    unsigned column = (blockIdx.x - up * t.across.by) * TILE, row = (up - outer * t.down.by) * TILE;
    Places p = places_at(t.outer, outer);
    for (unsigned r = first; r < TILE; r += ROWS)
        if (row + r < t.rows.size.by && column + lane < t.columns.size.by)
            tile[r][lane] = from[p.a + (row + r) * t.rows.a + column + lane];
    __syncthreads();
    for (unsigned c = first; c < TILE; c += ROWS)
        if (column + c < t.columns.size.by && row + lane < t.rows.size.by)
            put(&to[p.b + (column + c) * t.columns.b + row + lane], tile[lane][c], overwrite);
}

/* k: the dimension of w that is innermost in `from`. */
static void move_tiles(const P2cCall *call, const Walk &w, int k, const float *from, float *to,
                       bool overwrite) {
    Tiles t = { w.dim[0], w.dim[k], walk_new(), divisor_of(1), divisor_of(1) };
    for (int i = 1; i < w.rank; i++)
        if (i != k) walk_around(&t.outer, (int)w.dim[i].size.by, w.dim[i].a, w.dim[i].b);
    t.across = divisor_of(blocks_for(t.columns.size.by, TILE));
    t.down = divisor_of(blocks_for(t.rows.size.by, TILE));
    P2C_LAUNCH(tile_kernel, t.outer.count * t.across.by * t.down.by, THREADS, 0, call->queue, from,
               to, t, overwrite);
}

static void move(const P2cCall *call, P2cDims dims, const int order[4], const float *from,
                 float *to, bool overwrite) {
    Walk w = walk_of(dims, order);
    int k = 0;
    while (k < w.rank && w.dim[k].a != 1) k++;
    if (k > 0 && k < w.rank && w.dim[0].size.by > SHORT && w.dim[k].size.by > SHORT)
        move_tiles(call, w, k, from, to, overwrite);
    else put_elements(call, to, p2c_dims_count(dims), Gather{ from, w }, overwrite);
}

static const int *order_of(const P2cCall *call) {
    return P2C_ATTRIBUTES(call->node, P2cOrderAttributes)->order;
}

static void forward(const P2cCall *call) {
    move(call, call->node->x[0]->dims, order_of(call), call->x[0], call->y, true);
}

static void backward(const P2cCall *call) {
    int back[4];
    for (int i = 0; i < 4; i++) back[order_of(call)[i]] = i;
    if (call->dx[0])
        move(call, call->node->dims, back, call->dy, call->dx[0], is_overwritten(call, 0));
}

const P2cKernel p2c_cuda_transpose = { .forward = forward,
                                       .backward = backward,
                                       .overwrite = true };

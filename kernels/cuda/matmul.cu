/* matmul: y = a b for each matrix of a batch;  da += dy b^T,  db += a^T dy, summed over the batches
 * that were broadcast. All in float32.
 *
 * A block computes a tile of 64 x 64 of a result, a thread 4 x 4 of it, 16 apart. 16 columns of the
 * left factor and 16 rows of the right one are in shared memory at a time. Batches are added in
 * order. */
#include "walk.cuh"

enum { TILE = 64, DEPTH = 16, SIDE = 16 /* threads along a tile */, OWN = TILE / SIDE };

/* The strides of a matrix: `side` along the result, `depth` along the sum. One of them is 1. */
struct Factor {
    const float *values;
    unsigned side, depth;
};

struct Product {
    Factor left, right;
    float *out;
    unsigned rows, columns, depth;
    /* the matrices of the result, and the products that are added up for each, as indices in left
     * and right */
    Walk kept, added;
    Divisor down, across; /* tiles */
    bool overwrite;
};

/* Loads DEPTH x TILE elements from (begin, first) on, with zeros beyond the matrix. Neighbouring
 * threads read neighbouring elements. */
static __device__ inline void load_tile(float (*tile)[TILE + 1], Factor f, unsigned at,
                                        unsigned first, unsigned sides, unsigned begin,
                                        unsigned depth) {
    for (unsigned e = threadIdx.x; e < DEPTH * TILE; e += THREADS) {
        unsigned side = f.depth == 1 ? e / DEPTH : e % TILE,
                 k = f.depth == 1 ? e % DEPTH : e / TILE;
        bool inside = first + side < sides && begin + k < depth;
        tile[k][side] = inside ? f.values[at + (first + side) * f.side + (begin + k) * f.depth] : 0;
    }
}

static __device__ inline void add_products(float (*sum)[OWN], const float (*left)[TILE + 1],
                                           const float (*right)[TILE + 1]) {
    unsigned x = threadIdx.x % SIDE, y = threadIdx.x / SIDE;
#pragma unroll
    for (int k = 0; k < DEPTH; k++)
#pragma unroll
        for (int i = 0; i < OWN; i++)
#pragma unroll
            for (int j = 0; j < OWN; j++)
                sum[i][j] += left[k][y + i * SIDE] * right[k][x + j * SIDE];
}

static __global__ void product_kernel(Product p) {
    __shared__ float left[DEPTH][TILE + 1], right[DEPTH][TILE + 1];
    unsigned up = quotient(blockIdx.x, p.across), matrix = quotient(up, p.down),
             x = threadIdx.x % SIDE, y = threadIdx.x / SIDE;
    unsigned column = (blockIdx.x - up * p.across.by) * TILE,
             row = (up - matrix * p.down.by) * TILE;
    Places base = places_at(p.kept, matrix);
    float sum[OWN][OWN] = { { 0 } };
    for (unsigned t = 0; t < p.added.count; t++) {
        Places term = places_at(p.added, t);
        for (unsigned k = 0; k < p.depth; k += DEPTH) {
            load_tile(left, p.left, base.a + term.a, row, p.rows, k, p.depth);
            load_tile(right, p.right, base.b + term.b, column, p.columns, k, p.depth);
            __syncthreads();
            add_products(sum, left, right);
            __syncthreads();
        }
    }
    float *out = p.out + (size_t)matrix * p.rows * p.columns;
    for (int i = 0; i < OWN; i++)
        for (int j = 0; j < OWN; j++)
            if (row + y + i * SIDE < p.rows && column + x + j * SIDE < p.columns)
                put(&out[(row + y + i * SIDE) * p.columns + column + x + j * SIDE], sum[i][j],
                    p.overwrite);
}

/* ---- which products ---- */

struct Sizes {
    unsigned m, k, n;
    P2cDims a, b, y; /* of the batches */
};

/* Matrices that are multiplied by the same matrix on the right are joined to one with more rows. */
static Sizes sizes_of(const P2cNode *node) {
    const P2cDims a = node->x[0]->dims, b = node->x[1]->dims, one = P2C_SCALAR;
    int batches = a.rank - 2;
    Sizes s = { (unsigned)a.d[batches],
                (unsigned)a.d[batches + 1],
                (unsigned)b.d[batches + 1],
                one,
                one,
                one };
    for (int i = 0; i < batches; i++) {
        s.a.d[i] = a.d[i];
        s.b.d[i] = b.d[i];
        s.y.d[i] = node->dims.d[i];
    }
    if (p2c_dims_count(s.b) == 1) {
        s.m *= (unsigned)p2c_dims_count(s.a);
        s.a = s.y = one;
    }
    return s;
}

/* out: the batch of the result; left, right: the batches of the factors, whose matrices have so
 * many elements. */
static void launch(const P2cCall *call, Product p, P2cDims y, P2cDims out, P2cDims left,
                   P2cDims right) {
    Steps l = steps_of(left), r = steps_of(right);
    p.kept = p.added = walk_new();
    for (int i = 3; i >= 0; i--)
        walk_around(out.d[i] == y.d[i] ? &p.kept : &p.added, y.d[i], l.of[i] * p.rows * p.depth,
                    r.of[i] * p.columns * p.depth);
    p.down = divisor_of(blocks_for(p.rows, TILE));
    p.across = divisor_of(blocks_for(p.columns, TILE));
    P2C_LAUNCH(product_kernel, p.kept.count * p.down.by * p.across.by, THREADS, 0, call->queue, p);
}

static void forward(const P2cCall *call) {
    const Sizes s = sizes_of(call->node);
    Product p = { { call->x[0], s.k, 1 }, { call->x[1], 1, s.n }, call->y, s.m, s.n, s.k };
    p.overwrite = true;
    launch(call, p, s.y, s.y, s.a, s.b);
}

static void backward(const P2cCall *call) {
    const Sizes s = sizes_of(call->node);
    Product da = { { call->dy, s.n, 1 }, { call->x[1], s.n, 1 }, call->dx[0], s.m, s.k, s.n };
    Product db = { { call->x[0], 1, s.k }, { call->dy, 1, s.n }, call->dx[1], s.k, s.n, s.m };
    da.overwrite = is_overwritten(call, 0);
    db.overwrite = is_overwritten(call, 1);
    if (da.out) launch(call, da, s.y, s.a, s.y, s.b);
    if (db.out) launch(call, db, s.y, s.b, s.a, s.y);
}

const P2cKernel p2c_cuda_matmul = { .forward = forward, .backward = backward, .overwrite = true };

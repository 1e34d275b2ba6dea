/* matmul: y = a b for each matrix of a batch;  da += dy b^T,  db += a^T dy, summed over the batches
 * that were broadcast.
 *
 * Each result is cut into tiles of a fixed size. A thread computes whole tiles, and adds batches in
 * order. */
#include "gemm.h"

enum { ROWS = 64, COLUMNS = 128 };

typedef struct Sizes {
    int m, k, n;
    int a[2], b[2], y[2]; /* number of matrices, as two axes */
} Sizes;

/* Matrices that are multiplied by the same matrix on the right are joined to one with more rows. */
static Sizes sizes_of(const P2cNode *node) {
    const P2cDims a = node->x[0]->dims, b = node->x[1]->dims;
    int batches = a.rank - 2;
    Sizes s = { a.d[batches], a.d[batches + 1], b.d[batches + 1], { 1, 1 }, { 1, 1 }, { 1, 1 } };
    for (int i = 0; i < batches; i++) {
        s.a[i] = a.d[i];
        s.b[i] = b.d[i];
        s.y[i] = node->dims.d[i];
    }
    if (s.b[0] * s.b[1] == 1) {
        s.m *= s.a[0] * s.a[1];
        s.a[0] = s.a[1] = s.y[0] = s.y[1] = 1;
    }
    return s;
}

/* A factor of a product, by rows or (turned) by columns. */
typedef struct Factor {
    const float *values;
    const int *batch;
    bool turned;
} Factor;

/* out (+)= left right for all matrices of out: out (rows,columns), left (rows,depth). batch: that
 * of the larger of left and right. */
typedef struct Product {
    Factor left, right;
    float *out;
    const int *out_batch, *batch;
    int rows, depth, columns;
    bool add;
} Product;

static size_t matrix_at(const int batch[2], int i, int j) {
    return (size_t)(batch[0] == 1 ? 0 : i) * (size_t)batch[1] + (size_t)(batch[1] == 1 ? 0 : j);
}

/* Computes the tile from (row, column) on of the product of the factors' matrices (i,j). */
static void multiply_tile(const Product *p, int i, int j, int row, int column, float *out,
                          float *work) {
    size_t rows = (size_t)p->rows, depth = (size_t)p->depth, columns = (size_t)p->columns;
    const float *left = p->left.values + matrix_at(p->left.batch, i, j) * rows * depth +
                        (size_t)row * (p->left.turned ? 1 : depth);
    const float *right = p->right.values + matrix_at(p->right.batch, i, j) * depth * columns +
                         (size_t)column * (p->right.turned ? depth : 1);
    gemm(&(Gemm){ .m = min_int(ROWS, p->rows - row),
                  .n = min_int(COLUMNS, p->columns - column),
                  .k = p->depth,
                  .a = { left, p->left.turned ? p->rows : p->depth, p->left.turned },
                  .b = { right, p->right.turned ? p->depth : p->columns, p->right.turned },
                  .c = out + (size_t)row * columns + (size_t)column,
                  .c_stride = p->columns,
                  .add = p->add },
         work);
}

/* Matrix (i,j) of out is the sum over all matrices of the batch that were broadcast from it. There
 * are several only if they are added to what is there. */
static void make_tile(const Product *p, int i, int j, int row, int column, float *work) {
    float *out = p->out + matrix_at(p->out_batch, i, j) * (size_t)p->rows * (size_t)p->columns;
    for (int u = i; u < (p->out_batch[0] == 1 ? p->batch[0] : i + 1); u++)
        for (int v = j; v < (p->out_batch[1] == 1 ? p->batch[1] : j + 1); v++)
            multiply_tile(p, u, v, row, column, out, work);
}

static void multiply(const P2cCall *call, Product p) {
    int down = (p.rows + ROWS - 1) / ROWS, across = (p.columns + COLUMNS - 1) / COLUMNS;
    size_t tiles = (size_t)p.out_batch[0] * (size_t)p.out_batch[1] * (size_t)down * (size_t)across;
    size_t products = (size_t)p.batch[0] * (size_t)p.batch[1] * (size_t)p.rows * (size_t)p.columns *
                      (size_t)p.depth;
#pragma omp parallel for num_threads(threads_for(call, products / ROWS)) schedule(static)
    for (size_t t = 0; t < tiles; t++) {
        int column = (int)(t % (size_t)across) * COLUMNS,
            row = (int)(t / (size_t)across % (size_t)down) * ROWS;
        size_t matrix = t / (size_t)across / (size_t)down;
        make_tile(&p, (int)(matrix / (size_t)p.out_batch[1]),
                  (int)(matrix % (size_t)p.out_batch[1]), row, column,
                  (float *)call->work + (size_t)p2c_team_slot() * GEMM_FLOATS);
    }
}

static void forward(const P2cCall *call) {
    Sizes s = sizes_of(call->node);
    multiply(call, (Product){ { call->x[0], s.a, false },
                              { call->x[1], s.b, false },
                              call->y,
                              s.y,
                              s.y,
                              s.m,
                              s.k,
                              s.n,
                              false });
}

static void backward(const P2cCall *call) {
    Sizes s = sizes_of(call->node);
    if (call->dx[0])
        multiply(call, (Product){ { call->dy, s.y, false },
                                  { call->x[1], s.b, true },
                                  call->dx[0],
                                  s.a,
                                  s.y,
                                  s.m,
                                  s.n,
                                  s.k,
                                  true });
    if (call->dx[1])
        multiply(call, (Product){ { call->x[0], s.a, true },
                                  { call->dy, s.y, false },
                                  call->dx[1],
                                  s.b,
                                  s.y,
                                  s.k,
                                  s.m,
                                  s.n,
                                  true });
}

static size_t work(const P2cNode *node, bool backward, int threads) {
    (void)node, (void)backward;
    return sizeof(float) * (size_t)threads * GEMM_FLOATS;
}

const P2cKernel P2C_CPU(matmul) = { .forward = forward, .backward = backward, .work = work };

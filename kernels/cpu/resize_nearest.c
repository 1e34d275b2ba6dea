/* resize_nearest: y[p,i,j] = x[p, row(i), column(j)];  dx += dy at the element that was read. The
 * indices of rows and columns are computed once, in `work`. */
#include "op/resize.h"
#include "resize.h"

/* Rounds the position; its rest tells whether it is a tie. */
static int nearest_at(Axis a, int i, P2cRounding rounding) {
    Place p = place_at(a, i);
    /* distance to the next element; at the last one the rest is 0 */
    int64_t rest = p.rest, missing = a.unit - rest;
    bool up = rounding == P2C_ROUND_UP        ? rest > 0
              : rounding == P2C_ROUND_HALF_UP ? rest >= missing
                                              : rounding == P2C_ROUND_HALF_DOWN && rest > missing;
    return p.low + up;
}

static void fill_indices(const P2cNode *node, int k, int *indices) {
    Axis a = axis_at(node, k);
    for (int i = 0; i < a.out; i++)
        indices[i] = nearest_at(a, i, P2C_ATTRIBUTES(node, P2cResizeAttributes)->rounding);
}

/* Writes the indices of the columns, then those of the rows. Returns those of the rows. */
static const int *fill_work(const P2cCall *call) {
    int *columns = call->work, *rows = columns + call->node->dims.d[3];
    fill_indices(call->node, 3, columns);
    fill_indices(call->node, 2, rows);
    return rows;
}

static void forward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims, y = call->node->dims;
    const int *columns = call->work, *indices = fill_work(call);
    int rows = y.d[0] * y.d[1] * y.d[2];
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(y))) schedule(static)
    for (int i = 0; i < rows; i++) {
        const float *from =
            call->x[0] +
            ((size_t)(i / y.d[2]) * (size_t)x.d[2] + (size_t)indices[i % y.d[2]]) * (size_t)x.d[3];
        float *to = call->y + (size_t)i * (size_t)y.d[3];
        for (int j = 0; j < y.d[3]; j++) to[j] = from[columns[j]];
    }
}

static void backward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims, y = call->node->dims;
    const int *columns = call->work, *rows;
    int planes = x.d[0] * x.d[1];
    if (!call->dx[0]) return;
    rows = fill_work(call);
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(y))) schedule(static)
    for (int p = 0; p < planes; p++)
        for (int i = 0; i < y.d[2]; i++) {
            const float *from =
                call->dy + ((size_t)p * (size_t)y.d[2] + (size_t)i) * (size_t)y.d[3];
            float *to =
                call->dx[0] + ((size_t)p * (size_t)x.d[2] + (size_t)rows[i]) * (size_t)x.d[3];
            for (int j = 0; j < y.d[3]; j++) to[columns[j]] += from[j];
        }
}

static size_t work(const P2cNode *node, bool backward, int threads) {
    (void)backward, (void)threads;
    return ((size_t)node->dims.d[2] + (size_t)node->dims.d[3]) * sizeof(int);
}

const P2cKernel P2C_CPU(resize_nearest) = { .forward = forward,
                                            .backward = backward,
                                            .work = work };

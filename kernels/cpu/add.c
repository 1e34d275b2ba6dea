/* add: y = a + b, broadcasting;  da += dy, db += dy, summed where broadcast.
 *
 * Fused with concat: y = a + concat(b, c, ...), each operand a run of channels;  db += its run of
 * dy. Fused with upsample: y = a + upsample(b): y[p,i,j] = a[p,i,j] + b[p,i/f,j/f];  db[p,i,j] +=
 * the sum of its f x f copies in dy. */
#include "op/add.h"
#include "broadcast.h"
#include "upsample.h"

BROADCAST_FORWARD(+)

/* Whether dx[k] is to be written instead of added to. */
static bool overwrites(const P2cCall *call, int k) { return call->overwrite >> k & 1; }

/* dx (+)= dy, a part of a gradient. */
static void pass_on(bool overwrite, const float *dy, float *dx, size_t n) {
    if (overwrite)
        for (size_t i = 0; i < n; i++) dx[i] = dy[i];
    else axpy(1, dy, dx, n);
}

static void pass_all(const P2cCall *call, int k, size_t n) {
    enum { PART = 4096 };
    size_t parts = (n + PART - 1) / PART;
#pragma omp parallel for num_threads(threads_for(call, n)) schedule(static)
    for (size_t p = 0; p < parts; p++)
        pass_on(overwrites(call, k), call->dy + p * PART, call->dx[k] + p * PART,
                p + 1 < parts ? PART : n - p * PART);
}

/* Where a gradient that is to be overwritten is a sum over several of dy. */
static void clear(const P2cCall *call, int k) {
    size_t n = p2c_dims_count(call->node->x[k]->dims);
    if (!call->dx[k] || !overwrites(call, k)) return;
#pragma omp parallel for num_threads(threads_for(call, n)) schedule(static)
    for (size_t i = 0; i < n; i++) call->dx[k][i] = 0;
}

static void broadcast_backward(const P2cCall *call) {
    const P2cDims y = call->node->dims;
    for (int k = 0; k < 2; k++) {
        const P2cDims d = call->node->x[k]->dims, o = call->node->x[1 - k]->dims;
        if (!call->dx[k]) continue;
        if (same_sizes(d, y)) pass_all(call, k, p2c_dims_count(y));
        else {
            clear(call, k);
            add_broadcast(call, d, call->dx[k], NULL, o);
        }
    }
}

/* ---- a + concat(b, c, ...) ---- */

/* Where a plane of y is in the concatenated operands: the operand, and the plane in it. */
typedef struct Place {
    int k;
    size_t plane;
} Place;

static Place place_of(const P2cNode *node, int plane) {
    int n = plane / node->dims.d[1], c = plane % node->dims.d[1], k = 1;
    while (c >= node->x[k]->dims.d[1]) c -= node->x[k++]->dims.d[1];
    return (Place){ k, (size_t)n * (size_t)node->x[k]->dims.d[1] + (size_t)c };
}

static void joined_forward(const P2cCall *call) {
    const P2cDims y = call->node->dims;
    size_t hw = (size_t)y.d[2] * (size_t)y.d[3];
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(y))) schedule(static)
    for (int p = 0; p < y.d[0] * y.d[1]; p++) {
        Place from = place_of(call->node, p);
        const float *a = call->x[0] + (size_t)p * hw, *b = call->x[from.k] + from.plane * hw;
        float *to = call->y + (size_t)p * hw;
        for (size_t i = 0; i < hw; i++) to[i] = a[i] + b[i];
    }
}

static void joined_backward(const P2cCall *call) {
    const P2cDims y = call->node->dims;
    size_t hw = (size_t)y.d[2] * (size_t)y.d[3];
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(y))) schedule(static)
    for (int p = 0; p < y.d[0] * y.d[1]; p++) {
        Place to = place_of(call->node, p);
        const float *dy = call->dy + (size_t)p * hw;
        if (call->dx[0]) pass_on(overwrites(call, 0), dy, call->dx[0] + (size_t)p * hw, hw);
        if (call->dx[to.k]) pass_on(overwrites(call, to.k), dy, call->dx[to.k] + to.plane * hw, hw);
    }
}

/* ---- a + upsample(b) ---- */

ALWAYS_INLINE void add_repeated(const float *a, const float *b, float *y, int w, int f) {
    for (int j = 0; j < w; j++)
        for (int k = 0; k < f; k++) y[j * f + k] = a[j * f + k] + b[j];
}

/* Row i of y needs row i/f of b, with every element repeated f times. */
static void upsampled_forward(const P2cCall *call, int f) {
    const P2cDims b = call->node->x[1]->dims;
    int rows = b.d[0] * b.d[1] * b.d[2] * f, w = b.d[3];
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(call->node->dims))) \
    schedule(static)
    for (int i = 0; i < rows; i++) {
        const float *a = call->x[0] + (size_t)i * (size_t)(w * f),
                    *from = call->x[1] + (size_t)(i / f) * (size_t)w;
        float *y = call->y + (size_t)i * (size_t)(w * f);
        if (f == 2) add_repeated(a, from, y, w, 2);
        else add_repeated(a, from, y, w, f);
    }
}

static void upsampled_backward(const P2cCall *call, int f) {
    const P2cDims b = call->node->x[1]->dims;
    int rows = b.d[0] * b.d[1] * b.d[2], w = b.d[3];
    /* number of elements of y that one row of b becomes */
    size_t size = (size_t)(w * f) * (size_t)f;
    clear(call, 1);
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(call->node->dims))) \
    schedule(static)
    for (int i = 0; i < rows; i++) {
        const float *dy = call->dy + (size_t)i * size;
        if (call->dx[0]) pass_on(overwrites(call, 0), dy, call->dx[0] + (size_t)i * size, size);
        if (call->dx[1]) add_copies(dy, w, f, call->dx[1] + (size_t)i * (size_t)w);
    }
}

static void forward(const P2cCall *call) {
    const P2cAddAttributes *a = P2C_ATTRIBUTES(call->node, P2cAddAttributes);
    if (a->joined) joined_forward(call);
    else if (a->upsample > 1) upsampled_forward(call, a->upsample);
    else broadcast_forward(call);
}

static void backward(const P2cCall *call) {
    const P2cAddAttributes *a = P2C_ATTRIBUTES(call->node, P2cAddAttributes);
    if (a->joined) joined_backward(call);
    else if (a->upsample > 1) upsampled_backward(call, a->upsample);
    else broadcast_backward(call);
}

const P2cKernel P2C_CPU(add) = { .forward = forward,
                                 .backward = backward,
                                 .overwrite = true,
                                 .folds = P2C_FOLD_UPSAMPLE | P2C_FOLD_CONCAT };

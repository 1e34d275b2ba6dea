/* div: y = a / b, broadcasting;  da += dy / b, db -= dy * a / b^2, summed where broadcast.
 *
 * work, if an operand is broadcast, has b's size: first the reciprocals of b for the sums of da,
 * then the sums of dy * a for db. */
#include <string.h>

#include "broadcast.h"

BROADCAST_FORWARD(/)

/* Adds n terms of operand k's gradient, each to a separate element; steps are 0 or 1. It divides
 * twice, because squares of b would overflow or underflow long before quotients do. */
static void quotients(int k, const float *dy, const float *a, size_t step_a, const float *b,
                      size_t step_b, float *dx, size_t n) {
    if (k == 0) {
        for (size_t i = 0; i < n; i++) dx[i] += dy[i] / b[i * step_b];
    } else {
        for (size_t i = 0; i < n; i++) dx[i] -= dy[i] * (a[i * step_a] / b[i]) / b[i];
    }
}

static void same_gradient(const P2cCall *call, int k) {
    size_t n = p2c_dims_count(call->node->dims);
#pragma omp parallel for num_threads(threads_for(call, n)) schedule(static)
    for (size_t at = 0; at < n; at += PIECE)
        quotients(k, call->dy + at, call->x[0] + at, 1, call->x[1] + at, 1, call->dx[k] + at,
                  at + PIECE < n ? PIECE : n - at);
}

/* Operand k has the size of y. */
static void whole_gradient(const P2cCall *call, int k) {
    const P2cDims y = call->node->dims;
    const Strides ta = strides_of(call->node->x[0]->dims), tb = strides_of(call->node->x[1]->dims);
    size_t rows = (size_t)y.d[0] * (size_t)y.d[1] * (size_t)y.d[2], width = (size_t)y.d[3];
#pragma omp parallel for num_threads(threads_for(call, rows *width)) schedule(static)
    for (size_t row = 0; row < rows; row++)
        quotients(k, call->dy + row * width, call->x[0] + row_offset(y, ta, row), ta.s[3],
                  call->x[1] + row_offset(y, tb, row), tb.s[3], call->dx[k] + row * width, width);
}

static void dividend_sums(const P2cCall *call) {
    const P2cDims a = call->node->x[0]->dims, b = call->node->x[1]->dims;
    float *by = call->work;
    for (size_t i = 0; i < p2c_dims_count(b); i++) by[i] = 1 / call->x[1][i];
    add_broadcast(call, a, call->dx[0], by, b);
}

static void divisor_sums(const P2cCall *call) {
    const P2cDims a = call->node->x[0]->dims, b = call->node->x[1]->dims;
    size_t n = p2c_dims_count(b);
    float *sums = call->work;
    memset(sums, 0, n * sizeof *sums);
    add_broadcast(call, b, sums, call->x[0], a);
    for (size_t i = 0; i < n; i++) call->dx[1][i] -= sums[i] / call->x[1][i] / call->x[1][i];
}

static void backward(const P2cCall *call) {
    const P2cDims y = call->node->dims, a = call->node->x[0]->dims, b = call->node->x[1]->dims;
    for (int k = 0; k < 2; k++) {
        if (!call->dx[k]) continue;
        if (same_sizes(a, b)) same_gradient(call, k);
        else if (same_sizes(k ? b : a, y)) whole_gradient(call, k);
        else if (k == 0) dividend_sums(call);
        else divisor_sums(call);
    }
}

static size_t work(const P2cNode *node, bool backward, int threads) {
    (void)threads;
    return backward && !same_sizes(node->x[0]->dims, node->x[1]->dims)
               ? p2c_dims_count(node->x[1]->dims) * sizeof(float)
               : 0;
}

const P2cKernel P2C_CPU(div) = { .forward = broadcast_forward, .backward = backward, .work = work };

/* sum_squares: y = before + sum of x^2;  dx += 2 x dy, dbefore += dy */
#include "cpu.h"

static size_t work(const P2cNode *node, bool backward, int threads) {
    (void)threads;
    return backward ? 0 : piece_bytes(p2c_dims_count(node->x[0]->dims));
}

static double piece(const P2cCall *call, size_t begin, size_t end) {
    return dot(call->x[0] + begin, call->x[0] + begin, end - begin);
}

static void forward(const P2cCall *call) {
    double before = call->node->count == 2 ? *call->x[1] : 0;
    *call->y = (float)(before + sum_pieces(call, p2c_dims_count(call->node->x[0]->dims), piece));
}

static void backward(const P2cCall *call) {
    size_t n = p2c_dims_count(call->node->x[0]->dims);
    const float *x = call->x[0];
    float g = 2 * *call->dy, *dx = call->dx[0];
    if (call->dx[1]) *call->dx[1] += *call->dy;
    if (!dx) return;
#pragma omp parallel for num_threads(threads_for(call, n)) schedule(static)
    for (size_t i = 0; i < n; i++) dx[i] += g * x[i];
}

const P2cKernel P2C_CPU(sum_squares) = { .forward = forward, .backward = backward, .work = work };

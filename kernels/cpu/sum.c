/* sum: y = scale * sum x;  dx += scale * dy */
#include "op/sum.h"
#include "cpu.h"

static size_t work(const P2cNode *node, bool backward, int threads) {
    (void)threads;
    return backward ? 0 : piece_bytes(p2c_dims_count(node->x[0]->dims));
}

static double piece(const P2cCall *call, size_t begin, size_t end) {
    return sum_of(call->x[0] + begin, end - begin);
}

static void forward(const P2cCall *call) {
    float scale = P2C_ATTRIBUTES(call->node, P2cScaleAttributes)->scale;
    *call->y = (float)(scale * sum_pieces(call, p2c_dims_count(call->node->x[0]->dims), piece));
}

static void backward(const P2cCall *call) {
    size_t n = p2c_dims_count(call->node->x[0]->dims);
    float g = P2C_ATTRIBUTES(call->node, P2cScaleAttributes)->scale * *call->dy, *dx = call->dx[0];
    if (!dx) return;
#pragma omp parallel for num_threads(threads_for(call, n)) schedule(static)
    for (size_t i = 0; i < n; i++) dx[i] += g;
}

const P2cKernel P2C_CPU(sum) = { .forward = forward, .backward = backward, .work = work };

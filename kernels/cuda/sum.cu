/* sum: y = scale * sum x;  dx += scale * dy */
#include "op/sum.h"
#include "pieces.cuh"

static __global__ void forward_kernel(const float *x, float *y, float scale, Pieces p) {
    float sum = 0;
    double total;
    for (unsigned i = first_of(p); i < end_of(p); i += THREADS) sum += x[i];
    if (total_of(p, sum, &total) && threadIdx.x == 0) *y = (float)(scale * total);
}

static float scale_of(const P2cCall *call) {
    return P2C_ATTRIBUTES(call->node, P2cScaleAttributes)->scale;
}

static void forward(const P2cCall *call) {
    Pieces p = pieces_of(call, count_of(call->node->x[0]));
    P2C_LAUNCH(forward_kernel, (unsigned)p.count, THREADS, 0, call->queue, call->x[0], call->y,
               scale_of(call), p);
}

static __global__ void backward_kernel(const float *dy, float *dx, float scale, unsigned n,
                                       bool overwrite) {
    unsigned i = global_thread();
    if (i < n) put(&dx[i], scale * *dy, overwrite);
}

static void backward(const P2cCall *call) {
    unsigned n = (unsigned)count_of(call->node->x[0]);
    if (call->dx[0])
        P2C_LAUNCH(backward_kernel, blocks_for(n), THREADS, 0, call->queue, call->dy, call->dx[0],
                   scale_of(call), n, is_overwritten(call, 0));
}

static size_t work(const P2cNode *node, bool backward, int threads) {
    (void)threads;
    return backward ? 0 : pieces_bytes(count_of(node->x[0]));
}

const P2cKernel p2c_cuda_sum = {
    .forward = forward, .backward = backward, .work = work, .overwrite = true
};

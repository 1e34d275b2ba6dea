/* conv2d: y[o] = b[o] + sum over the group's c and the kernel's u, v of w[o][c][u][v] * x[c][i*stride+u-pad][j*stride+v-pad], x read normed, repeated,
 * padded as it is loaded; how: conv2d.cuh. saved: (mean, biased variance) of each plane of x, where it is normed and nobody else has them. */
#include "conv2d.cuh"

static void forward(const P2cCall *call) {
    Conv s = conv_of(call->node);
    if (s.normed && !call->x_moments) p2c_cuda_plane_moments(call, call->x[0], call->node->x[0]->dims, (float *)call->saved, call->work);
    p2c_cuda_conv2d_forward(call, s);
}

static void backward(const P2cCall *call) {
    Conv s = conv_of(call->node);
    if (call->dx[0]) p2c_cuda_conv2d_input_gradient(call, s);
    if (call->dx[1] || (call->node->count > 2 && call->dx[2])) p2c_cuda_conv2d_weight_gradient(call, s);
}

static size_t larger(size_t a, size_t b) { return a > b ? a : b; }

static size_t work(const P2cNode *node, bool backward, int threads) {
    (void)threads;
    Conv s = conv_of(node);
    if (backward) return larger(p2c_cuda_conv2d_input_work(s), p2c_cuda_conv2d_weight_work(s));
    size_t bytes = p2c_cuda_conv2d_forward_work(s);
    if (s.normed) bytes = larger(bytes, p2c_cuda_plane_moments_work(node->x[0]->dims));
    return larger(bytes, p2c_cuda_plane_moments_work(node->dims)); /* where forward leaves the moments of y to it */
}

const P2cKernel p2c_cuda_conv2d = {
    .forward = forward, .backward = backward, .work = work, .folds = P2C_FOLD_NORM | P2C_FOLD_UPSAMPLE, .fresh = true, .moments = true
};

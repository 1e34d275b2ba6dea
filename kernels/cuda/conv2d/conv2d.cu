/* conv2d: y[o] = b[o] + sum over the group's c and the kernel's u, v of w[o][c][u][v] *
 * x[c][i*stride+u-pad][j*stride+v-pad]. x is normalised, repeated and padded as it is loaded;
 * conv2d.cuh explains how. saved: (mean, biased variance) of each plane of x, if it is normalised
 * and its statistics did not come with it. */
#include "../elementwise.cuh"
#include "conv2d.cuh"

static void forward(const P2cCall *call) {
    Conv s = conv_of(call->node);
    if (s.normalised && !call->x_statistics)
        p2c_cuda_plane_statistics(call, call->x[0], call->node->x[0]->dims, (float *)call->saved,
                                  call->work);
    p2c_cuda_conv2d_forward(call, s);
}

/* dy after the activation. Gradients are computed from this copy, because they read it often. */
struct PassedGradient {
    const float *dy, *y;
    float slope;
    __device__ float operator()(unsigned i) const { return passed(dy[i], y[i], slope); }
};

static size_t passed_bytes(const P2cNode *node, Conv s) {
    return s.slope != 1 ? aligned_bytes(count_of(node) * sizeof(float)) : 0;
}

static void backward(const P2cCall *call) {
    Conv s = conv_of(call->node);
    P2cCall inner = *call;
    if (s.slope != 1) {
        put_elements(call, (float *)call->work, count_of(call->node),
                     PassedGradient{ call->dy, call->y, s.slope }, true);
        inner.dy = (float *)call->work;
        inner.work = (char *)call->work + passed_bytes(call->node, s);
    }
    if (call->dx[0]) p2c_cuda_conv2d_input_gradient(&inner, s);
    if (call->dx[1] || (call->node->count > 2 && call->dx[2]))
        p2c_cuda_conv2d_weight_gradient(&inner, s);
}

static size_t larger(size_t a, size_t b) { return a > b ? a : b; }

static size_t work(const P2cNode *node, bool backward, int threads) {
    (void)threads;
    Conv s = conv_of(node);
    if (backward)
        return passed_bytes(node, s) +
               larger(p2c_cuda_conv2d_input_work(s), p2c_cuda_conv2d_weight_work(s));
    size_t bytes = p2c_cuda_conv2d_forward_work(s);
    if (s.normalised) bytes = larger(bytes, p2c_cuda_plane_statistics_work(node->x[0]->dims));
    /* for the case that forward leaves the statistics of y to it */
    return larger(bytes, p2c_cuda_plane_statistics_work(node->dims));
}

const P2cKernel p2c_cuda_conv2d = { .forward = forward,
                                    .backward = backward,
                                    .work = work,
                                    .folds =
                                        P2C_FOLD_NORM | P2C_FOLD_UPSAMPLE | P2C_FOLD_ACTIVATION,
                                    .overwrite = true,
                                    .statistics = true };

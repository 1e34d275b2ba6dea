/* global_avg_pool: y[p] = mean of plane p;  dx += dy[p] / (h*w).   Forward: a block, or several,
 *     for each plane. */
#include "elementwise.cuh"
#include "sums.cuh"

static Sums sums_of_planes(const P2cNode *node) {
    const P2cDims x = node->x[0]->dims;
    Walk planes = walk_new(), pixels = walk_new();
    walk_around(&planes, planes_of(x), (unsigned)area_of(x), 0);
    walk_around(&pixels, area_of(x), 1, 0);
    return sums_new(planes, pixels);
}

struct GlobalAvgTerm {
    const float *x;
    __device__ float operator()(unsigned i, unsigned) const { return x[i]; }
    __device__ void pass(unsigned, unsigned) const {}
};

static void forward(const P2cCall *call) {
    put_sums(call, sums_of_planes(call->node), GlobalAvgTerm{ call->x[0] },
             1.0 / area_of(call->node->x[0]->dims), call->y, true);
}

struct GlobalAvgGradient {
    const float *dy;
    Divisor hw;
    __device__ float operator()(unsigned i) const { return dy[quotient(i, hw)] / (float)hw.by; }
};

static void backward(const P2cCall *call) {
    put_gradient(
        call, 0,
        GlobalAvgGradient{ call->dy, divisor_of((unsigned)area_of(call->node->x[0]->dims)) });
}

static size_t work(const P2cNode *node, bool backward, int threads) {
    (void)threads;
    return backward ? 0 : sums_work(sums_of_planes(node));
}

const P2cKernel p2c_cuda_global_avg_pool = {
    .forward = forward, .backward = backward, .work = work, .overwrite = true
};

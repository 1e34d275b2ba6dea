/* mean_axis: y = sum of a line / size;  dx += dy / size */
#include "elementwise.cuh"
#include "sums.cuh"

struct MeanTerm {
    const float *x;
    __device__ float operator()(unsigned i, unsigned) const { return x[i]; }
    __device__ void pass(unsigned, unsigned) const {}
};

/* An element of y is what the gradient of an operand would be that is broadcast to x. */
static Sums sums_of(const P2cNode *node) {
    return sums_of_operand(node->x[0]->dims, node->dims, node->dims);
}

static double part_of(const P2cNode *node) {
    return (double)count_of(node) / (double)count_of(node->x[0]);
}

static void forward(const P2cCall *call) {
    put_sums(call, sums_of(call->node), MeanTerm{ call->x[0] }, part_of(call->node), call->y, true);
}

struct MeanGradient {
    const float *dy;
    float by;
    Walk walk;
    __device__ float operator()(unsigned i) const { return dy[places_at(walk, i).b] * by; }
};

static void backward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims;
    put_gradient(call, 0,
                 MeanGradient{ call->dy, (float)part_of(call->node),
                               operands_walk(x, x, call->node->dims) });
}

static size_t work(const P2cNode *node, bool backward, int threads) {
    (void)threads;
    return backward ? 0 : sums_work(sums_of(node));
}

const P2cKernel p2c_cuda_mean_axis = {
    .forward = forward, .backward = backward, .work = work, .overwrite = true
};

/* prelu: y = x > 0 ? x : slope[c] * x;  dx += x > 0 ? dy : slope * dy,  dslope[c] += sum of dy *
 *     x where x <= 0.   One launch each way. */
#include "elementwise.cuh"
#include "sums.cuh"

/* The slopes as an operand that is broadcast to x: (1,c,1,1). */
static P2cDims slope_dims(const P2cNode *node) {
    P2cDims d = { 2, { 1, node->dims.d[1], 1, 1 } };
    return d;
}

/* dy NULL: computes the result; otherwise the gradient of x. */
struct Prelu {
    const float *x, *slope, *dy;
    Walk walk;
    __device__ float operator()(unsigned i) const {
        float v = dy ? dy[i] : x[i];
        return x[i] > 0 ? v : slope[places_at(walk, i).b] * v;
    }
};

static Prelu prelu_of(const P2cCall *call, const float *dy) {
    return Prelu{ call->x[0], call->x[1], dy,
                  operands_walk(call->node->dims, call->node->dims, slope_dims(call->node)) };
}

static void forward(const P2cCall *call) { make_result(call, prelu_of(call, NULL)); }

/* The terms of dslope. It also writes dx, if that is wanted. */
struct PreluTerm {
    const float *x, *slope, *dy;
    float *dx;
    bool overwrite;
    __device__ float operator()(unsigned i, unsigned) const { return x[i] > 0 ? 0 : x[i] * dy[i]; }
    __device__ void pass(unsigned i, unsigned c) const {
        if (dx) put(dx + i, x[i] > 0 ? dy[i] : slope[c] * dy[i], overwrite);
    }
};

static Sums slope_sums(const P2cNode *node) {
    return sums_of_operand(node->dims, slope_dims(node), slope_dims(node));
}

static void backward(const P2cCall *call) {
    PreluTerm term = { call->x[0], call->x[1], call->dy, call->dx[0], is_overwritten(call, 0) };
    if (call->dx[1])
        put_sums(call, slope_sums(call->node), term, 1, call->dx[1], is_overwritten(call, 1));
    else put_gradient(call, 0, prelu_of(call, call->dy));
}

static size_t work(const P2cNode *node, bool backward, int threads) {
    (void)threads;
    return backward ? sums_work(slope_sums(node)) : 0;
}

const P2cKernel p2c_cuda_prelu = {
    .forward = forward, .backward = backward, .work = work, .overwrite = true
};

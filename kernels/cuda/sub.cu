/* sub: y = a - b, broadcasting;  da += dy, db -= dy, summed where broadcast */
#include "elementwise.cuh"
#include "sums.cuh"

struct Sub {
    const float *a, *b;
    Walk walk;
    __device__ float operator()(unsigned i) const {
        Places p = places_at(walk, i);
        return a[p.a] - b[p.b];
    }
};

static void forward(const P2cCall *call) {
    P2cNode *const *x = call->node->x;
    make_result(call, Sub{ call->x[0], call->x[1],
                           operands_walk(call->node->dims, x[0]->dims, x[1]->dims) });
}

/* What element i of y gives to the gradient of an operand: all of it, or a term of its sum. */
struct SubGradient {
    const float *dy;
    float sign;
    __device__ float operator()(unsigned i) const { return sign * dy[i]; }
    __device__ float operator()(unsigned i, unsigned) const { return (*this)(i); }
    __device__ void pass(unsigned, unsigned) const {}
};

static Sums sums_of(const P2cNode *node, int k) {
    return sums_of_operand(node->dims, node->x[k]->dims, node->x[1 - k]->dims);
}

static void backward(const P2cCall *call) {
    for (int k = 0; k < 2; k++) {
        SubGradient gradient = { call->dy, k ? -1.0f : 1.0f };
        if (same_sizes(call->node->x[k]->dims, call->node->dims)) put_gradient(call, k, gradient);
        else if (call->dx[k])
            put_sums(call, sums_of(call->node, k), gradient, 1, call->dx[k],
                     is_overwritten(call, k));
    }
}

static size_t work(const P2cNode *node, bool backward, int threads) {
    (void)threads;
    size_t a = sums_work(sums_of(node, 0)), b = sums_work(sums_of(node, 1));
    return !backward ? 0 : a > b ? a : b;
}

const P2cKernel p2c_cuda_sub = {
    .forward = forward, .backward = backward, .work = work, .overwrite = true
};

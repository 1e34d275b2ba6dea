/* lerp: y = (1-w) * a + w * b, w broadcast;  da += dy * (1-w), db += dy * w, dw += dy * (b-a),
 * summed where broadcast. All gradients are one launch. */
#include "elementwise.cuh"
#include "sums.cuh"

struct Lerp {
    const float *a, *b, *w;
    Walk walk; /* from an element of y to that of w, as b */
    __device__ float operator()(unsigned i) const {
        float weight = w[places_at(walk, i).b];
        return (1 - weight) * a[i] + weight * b[i];
    }
};

static Walk weight_walk(const P2cNode *node) {
    return operands_walk(node->dims, node->dims, node->x[2]->dims);
}

static void forward(const P2cCall *call) {
    make_result(call, Lerp{ call->x[0], call->x[1], call->x[2], weight_walk(call->node) });
}

/* Gradients that are not wanted are NULL. Several may be the same memory. */
struct LerpGradients {
    float *a, *b, *w;
    unsigned overwrite;
};

static __device__ inline void put_operands(const LerpGradients &g, unsigned i, float dy,
                                           float weight) {
    if (g.a) put(g.a + i, dy * (1 - weight), g.overwrite & 1);
    if (g.b) put(g.b + i, dy * weight, g.overwrite >> 1 & 1);
}

/* dw is computed here only if w is not broadcast, because then it is a sum of one term. */
static __global__ void lerp_backward(Lerp f, const float *dy, LerpGradients g, unsigned n) {
    unsigned i = global_thread();
    if (i >= n) return;
    put_operands(g, i, dy[i], f.w[places_at(f.walk, i).b]);
    if (g.w) put(g.w + i, dy[i] * (f.b[i] - f.a[i]), g.overwrite >> 2 & 1);
}

/* The terms of dw. It also writes the other gradients. */
struct LerpTerm {
    const float *a, *b, *w, *dy;
    LerpGradients g;
    __device__ float operator()(unsigned i, unsigned) const { return dy[i] * (b[i] - a[i]); }
    __device__ void pass(unsigned i, unsigned e) const { put_operands(g, i, dy[i], w[e]); }
};

static Sums weight_sums(const P2cNode *node) {
    return sums_of_operand(node->dims, node->x[2]->dims, node->x[2]->dims);
}

static void backward(const P2cCall *call) {
    const P2cNode *node = call->node;
    const float *a = call->x[0], *b = call->x[1], *w = call->x[2];
    LerpGradients g = { call->dx[0], call->dx[1], call->dx[2], call->overwrite };
    unsigned n = (unsigned)count_of(node);
    if (g.w && !same_sizes(node->dims, node->x[2]->dims))
        put_sums(call, weight_sums(node), LerpTerm{ a, b, w, call->dy, g }, 1, g.w,
                 is_overwritten(call, 2));
    else if (g.a || g.b || g.w)
        P2C_LAUNCH(lerp_backward, blocks_for(n), THREADS, 0, call->queue,
                   Lerp{ a, b, w, weight_walk(node) }, call->dy, g, n);
}

static size_t work(const P2cNode *node, bool backward, int threads) {
    (void)threads;
    return backward ? sums_work(weight_sums(node)) : 0;
}

const P2cKernel p2c_cuda_lerp = {
    .forward = forward, .backward = backward, .work = work, .overwrite = true
};

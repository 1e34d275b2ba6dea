/* mul: y = a * b, broadcasting;  da += dy * b, db += dy * a, summed where broadcast. The gradients
 * are one launch, unless both are broadcast. */
#include "elementwise.cuh"
#include "sums.cuh"

struct Mul {
    const float *a, *b;
    Walk walk;
    __device__ float operator()(unsigned i) const {
        Places p = places_at(walk, i);
        return a[p.a] * b[p.b];
    }
};

static void forward(const P2cCall *call) {
    P2cNode *const *x = call->node->x;
    make_result(call, Mul{ call->x[0], call->x[1],
                           operands_walk(call->node->dims, x[0]->dims, x[1]->dims) });
}

/* Nothing is broadcast. a and b may be the same, and so may their gradients. */
static __global__ void both_kernel(const float *a, const float *b, const float *dy, float *da,
                                   float *db, unsigned n, unsigned overwrite) {
    unsigned i = global_thread();
    if (i >= n) return;
    put(da + i, dy[i] * b[i], overwrite & 1);
    put(db + i, dy[i] * a[i], overwrite >> 1 & 1);
}

/* The terms of the gradient of a broadcast operand. It also writes the gradient of the other
 * operand, if that has the size of y and is wanted. */
struct MulTerm {
    const float *dy, *own, *other;
    float *passed;
    bool overwrite;
    __device__ float operator()(unsigned i, unsigned j) const { return dy[i] * other[j]; }
    __device__ void pass(unsigned i, unsigned e) const {
        if (passed) put(passed + i, dy[i] * own[e], overwrite);
    }
};

static void broadcast_gradient(const P2cCall *call, int k, float *passed) {
    const P2cNode *node = call->node;
    MulTerm term = { call->dy, call->x[k], call->x[1 - k], passed, is_overwritten(call, 1 - k) };
    put_sums(call, sums_of_operand(node->dims, node->x[k]->dims, node->x[1 - k]->dims), term, 1,
             call->dx[k], is_overwritten(call, k));
}

static void backward(const P2cCall *call) {
    const P2cDims y = call->node->dims, d[2] = { call->node->x[0]->dims, call->node->x[1]->dims };
    bool whole[2] = { same_sizes(d[0], y), same_sizes(d[1], y) },
         done[2] = { !call->dx[0], !call->dx[1] };
    unsigned n = (unsigned)p2c_dims_count(y);
    if (whole[0] && whole[1] && !done[0] && !done[1]) {
        P2C_LAUNCH(both_kernel, blocks_for(n), THREADS, 0, call->queue, call->x[0], call->x[1],
                   call->dy, call->dx[0], call->dx[1], n, call->overwrite);
        return;
    }
    for (int k = 0; k < 2; k++) {
        if (whole[k] || done[k]) continue;
        broadcast_gradient(call, k, whole[1 - k] ? call->dx[1 - k] : NULL);
        done[k] = true;
        done[1 - k] |= whole[1 - k];
    }
    for (int k = 0; k < 2; k++)
        if (!done[k])
            put_gradient(call, k, Mul{ call->dy, call->x[1 - k], operands_walk(y, y, d[1 - k]) });
}

static size_t work(const P2cNode *node, bool backward, int threads) {
    (void)threads;
    size_t a = sums_work(sums_of_operand(node->dims, node->x[0]->dims, node->x[1]->dims));
    size_t b = sums_work(sums_of_operand(node->dims, node->x[1]->dims, node->x[0]->dims));
    return !backward ? 0 : a > b ? a : b;
}

const P2cKernel p2c_cuda_mul = {
    .forward = forward, .backward = backward, .work = work, .overwrite = true
};

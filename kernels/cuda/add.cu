/* add: y = a + b, broadcasting; folded, b is repeated f x f, or joined of pieces along channels; da
 * += dy, db += dy, summed where broadcast or repeated. All gradients are one launch, unless both
 * operands are broadcast. Nothing is saved. The statistics of y are computed on request. */
#include "joined.cuh"
#include "op/add.h"
#include "sums.cuh"
#include "upsample.cuh"

struct Add {
    const float *a, *b;
    Walk walk;
    __device__ float operator()(unsigned i) const {
        Places p = places_at(walk, i);
        return a[p.a] + b[p.b];
    }
};

struct AddJoined {
    const float *a;
    JoinedPieces pieces;
    __device__ float operator()(unsigned i) const { return a[i] + *place_at(pieces, i).x; }
};

static void forward(const P2cCall *call) {
    const P2cNode *node = call->node;
    const P2cAddAttributes *a = P2C_ATTRIBUTES(node, P2cAddAttributes);
    const P2cDims d[2] = { node->x[0]->dims, node->x[1]->dims };
    if (a->joined) make_planes(call, AddJoined{ call->x[0], joined_of(call, 1, 1, false) });
    else
        make_planes(call, Add{ call->x[0], call->x[1],
                               a->upsample > 1 ? repeating_walk(d[1], a->upsample)
                                               : operands_walk(node->dims, d[0], d[1]) });
}

/* The terms of the gradient of a broadcast operand. It also writes the gradient of the other
 * operand, if that has the size of y and is wanted. */
struct AddTerm {
    const float *dy;
    float *passed;
    bool overwrite;
    __device__ float operator()(unsigned i, unsigned) const { return dy[i]; }
    __device__ void pass(unsigned i, unsigned) const {
        if (passed) put(passed + i, dy[i], overwrite);
    }
};

struct AddGradient {
    const float *dy;
    __device__ float operator()(unsigned i) const { return dy[i]; }
};

static Sums operand_sums(const P2cNode *node, int k) {
    return sums_of_operand(node->dims, node->x[k]->dims, node->x[1 - k]->dims);
}

static void broadcast_gradients(const P2cCall *call) {
    const P2cNode *node = call->node;
    bool whole[2] = { same_sizes(node->x[0]->dims, node->dims),
                      same_sizes(node->x[1]->dims, node->dims) },
         done[2] = { !call->dx[0], !call->dx[1] };
    for (int k = 0; k < 2; k++) {
        if (whole[k] || done[k]) continue;
        AddTerm term = { call->dy, whole[1 - k] ? call->dx[1 - k] : NULL,
                         is_overwritten(call, 1 - k) };
        put_sums(call, operand_sums(node, k), term, 1, call->dx[k], is_overwritten(call, k));
        done[1 - k] |= whole[1 - k];
    }
    for (int k = 0; k < 2; k++)
        if (whole[k] && !done[k]) put_gradient(call, k, AddGradient{ call->dy });
}

static void backward(const P2cCall *call) {
    const P2cNode *node = call->node;
    const P2cAddAttributes *a = P2C_ATTRIBUTES(node, P2cAddAttributes);
    if (a->upsample > 1) put_upsampled(call, 1, a->upsample, call->dx[0]);
    else if (a->joined) put_joined(call, call->dx[0], joined_of(call, 1, 1, true));
    else if (same_sizes(node->x[0]->dims, node->x[1]->dims))
        put_joined(call, call->dx[0], joined_of(call, 1, 0, true));
    else broadcast_gradients(call);
}

static size_t work(const P2cNode *node, bool backward, int threads) {
    (void)threads;
    const P2cAddAttributes *a = P2C_ATTRIBUTES(node, P2cAddAttributes);
    if (!backward) return planes_work(node);
    if (a->joined || a->upsample > 1) return 0;
    size_t bytes[2] = { sums_work(operand_sums(node, 0)), sums_work(operand_sums(node, 1)) };
    return bytes[0] > bytes[1] ? bytes[0] : bytes[1];
}

const P2cKernel p2c_cuda_add = {
    .forward = forward,
    .backward = backward,
    .work = work,
    .folds = P2C_FOLD_UPSAMPLE | P2C_FOLD_CONCAT,
    .overwrite = true,
    .statistics = true,
};

/* concat: y is the operands, one after the other along an axis;  dx[k] += its part of dy. One
 * launch each way. */
#include "joined.cuh"
#include "op/axis.h"

struct Concat {
    JoinedPieces pieces;
    __device__ float operator()(unsigned i) const { return *place_at(pieces, i).x; }
};

static int axis_of(const P2cCall *call) {
    return P2C_ATTRIBUTES(call->node, P2cAxisAttributes)->axis;
}
static void forward(const P2cCall *call) {
    make_result(call, Concat{ joined_of(call, 0, axis_of(call), false) });
}
static void backward(const P2cCall *call) {
    put_joined(call, NULL, joined_of(call, 0, axis_of(call), true));
}

const P2cKernel p2c_cuda_concat = { .forward = forward, .backward = backward, .overwrite = true };

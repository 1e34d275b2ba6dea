/* clamp: y = min(max(x, low), high);  dx += low <= x <= high ? dy : 0 */
#include "elementwise.cuh"
#include "op/clamp.h"

struct Clamp {
    const float *x;
    P2cRangeAttributes range;
    __device__ float operator()(unsigned i) const {
        return x[i] < range.low ? range.low : x[i] > range.high ? range.high : x[i];
    }
};

struct ClampGradient {
    const float *x, *dy;
    P2cRangeAttributes range;
    __device__ float operator()(unsigned i) const {
        return x[i] >= range.low && x[i] <= range.high ? dy[i] : 0;
    }
};

static P2cRangeAttributes range_of(const P2cCall *call) {
    return *P2C_ATTRIBUTES(call->node, P2cRangeAttributes);
}
static void forward(const P2cCall *call) { make_result(call, Clamp{ call->x[0], range_of(call) }); }
static void backward(const P2cCall *call) {
    put_gradient(call, 0, ClampGradient{ call->x[0], call->dy, range_of(call) });
}

const P2cKernel p2c_cuda_clamp = { .forward = forward, .backward = backward, .overwrite = true };

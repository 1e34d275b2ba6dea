/* relu: y = x > 0 ? x : slope * x;  dx += y > 0 ? dy : slope * dy */
#include "elementwise.cuh"
#include "op/relu.h"

struct Relu {
    const float *x;
    float slope;
    __device__ float operator()(unsigned i) const { return x[i] > 0 ? x[i] : slope * x[i]; }
};

struct ReluGradient {
    const float *y, *dy;
    float slope;
    __device__ float operator()(unsigned i) const { return y[i] > 0 ? dy[i] : slope * dy[i]; }
};

static float slope_of(const P2cCall *call) {
    return P2C_ATTRIBUTES(call->node, P2cSlopeAttributes)->slope;
}
static void forward(const P2cCall *call) { make_result(call, Relu{ call->x[0], slope_of(call) }); }
static void backward(const P2cCall *call) {
    put_gradient(call, 0, ReluGradient{ call->y, call->dy, slope_of(call) });
}

const P2cKernel p2c_cuda_relu = { .forward = forward, .backward = backward, .overwrite = true };

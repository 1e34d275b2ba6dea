/* sigmoid: y = 1 / (1 + exp(-x));  dx += dy * y * (1 - y) */
#include <math.h>

#include "elementwise.cuh"

struct Sigmoid {
    const float *x;
    __device__ float operator()(unsigned i) const { return 1 / (1 + expf(-x[i])); }
};

struct SigmoidGradient {
    const float *y, *dy;
    __device__ float operator()(unsigned i) const { return dy[i] * y[i] * (1 - y[i]); }
};

static void forward(const P2cCall *call) { make_result(call, Sigmoid{ call->x[0] }); }
static void backward(const P2cCall *call) {
    put_gradient(call, 0, SigmoidGradient{ call->y, call->dy });
}

const P2cKernel p2c_cuda_sigmoid = { .forward = forward, .backward = backward, .overwrite = true };

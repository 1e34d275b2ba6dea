/* tanh: y = tanh(x);  dx += dy * (1 - y^2) */
#include <math.h>

#include "elementwise.cuh"

struct Tanh {
    const float *x;
    __device__ float operator()(unsigned i) const { return tanhf(x[i]); }
};

struct TanhGradient {
    const float *y, *dy;
    __device__ float operator()(unsigned i) const { return dy[i] * (1 - y[i] * y[i]); }
};

static void forward(const P2cCall *call) { make_result(call, Tanh{ call->x[0] }); }
static void backward(const P2cCall *call) {
    put_gradient(call, 0, TanhGradient{ call->y, call->dy });
}

const P2cKernel p2c_cuda_tanh = { .forward = forward, .backward = backward, .overwrite = true };

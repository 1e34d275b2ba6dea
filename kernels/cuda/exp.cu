/* exp: y = exp(x);  dx += dy * y */
#include <math.h>

#include "elementwise.cuh"

struct Exp {
    const float *x;
    __device__ float operator()(unsigned i) const { return expf(x[i]); }
};

struct ExpGradient {
    const float *y, *dy;
    __device__ float operator()(unsigned i) const { return dy[i] * y[i]; }
};

static void forward(const P2cCall *call) { make_result(call, Exp{ call->x[0] }); }
static void backward(const P2cCall *call) {
    put_gradient(call, 0, ExpGradient{ call->y, call->dy });
}

const P2cKernel p2c_cuda_exp = { .forward = forward, .backward = backward, .overwrite = true };

/* pow: y = x^e;  dx += dy * e * x^(e-1), which is 0 if e is 0, even at x = 0. Squares and square
 * roots do not use powf. */
#include <math.h>

#include "elementwise.cuh"
#include "op/pow.h"

static __device__ inline float power(float x, float e) {
    if (e == 2) return x * x;
    return e == 0.5f ? sqrtf(x) : powf(x, e);
}

struct Pow {
    const float *x;
    float e;
    __device__ float operator()(unsigned i) const { return power(x[i], e); }
};

struct PowGradient {
    const float *x, *dy;
    float e;
    __device__ float operator()(unsigned i) const {
        if (e == 0) return 0;
        if (e == 2) return 2 * dy[i] * x[i];
        return e == 0.5f ? dy[i] / (2 * sqrtf(x[i])) : dy[i] * (e * powf(x[i], e - 1));
    }
};

static float exponent_of(const P2cCall *call) {
    return P2C_ATTRIBUTES(call->node, P2cExponentAttributes)->exponent;
}
static void forward(const P2cCall *call) {
    make_result(call, Pow{ call->x[0], exponent_of(call) });
}
static void backward(const P2cCall *call) {
    put_gradient(call, 0, PowGradient{ call->x[0], call->dy, exponent_of(call) });
}

const P2cKernel p2c_cuda_pow = { .forward = forward, .backward = backward, .overwrite = true };

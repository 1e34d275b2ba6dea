/* affine: y = scale * x + shift;  dx += scale * dy */
#include "elementwise.cuh"
#include "op/affine.h"

struct Affine {
    const float *x;
    float scale, shift;
    __device__ float operator()(unsigned i) const { return scale * x[i] + shift; }
};

static void forward(const P2cCall *call) {
    const P2cAffineAttributes *a = P2C_ATTRIBUTES(call->node, P2cAffineAttributes);
    make_result(call, Affine{ call->x[0], a->scale, a->shift });
}

static void backward(const P2cCall *call) {
    put_gradient(call, 0,
                 Affine{ call->dy, P2C_ATTRIBUTES(call->node, P2cAffineAttributes)->scale, 0 });
}

const P2cKernel p2c_cuda_affine = { .forward = forward, .backward = backward, .overwrite = true };

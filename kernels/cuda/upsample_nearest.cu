/* upsample_nearest: y[p,i,j] = x[p,i/f,j/f];  dx[p,i,j] += the sum of its f x f copies in dy */
#include "op/factor.h"
#include "upsample.cuh"

struct UpsampleNearest {
    const float *x;
    Walk walk;
    __device__ float operator()(unsigned i) const { return x[places_at(walk, i).b]; }
};

static int factor_of(const P2cCall *call) {
    return P2C_ATTRIBUTES(call->node, P2cFactorAttributes)->factor;
}
static void forward(const P2cCall *call) {
    make_result(call, UpsampleNearest{ call->x[0],
                                       repeating_walk(call->node->x[0]->dims, factor_of(call)) });
}
static void backward(const P2cCall *call) { put_upsampled(call, 0, factor_of(call), NULL); }

const P2cKernel p2c_cuda_upsample_nearest = { .forward = forward,
                                              .backward = backward,
                                              .overwrite = true };

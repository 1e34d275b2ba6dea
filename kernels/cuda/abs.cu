/* abs: y = |x|;  dx += dy * sign(x), sign(0) = 0 */
#include <math.h>

#include "elementwise.cuh"

struct Abs {
    const float *x;
    __device__ float operator()(unsigned i) const { return fabsf(x[i]); }
};

struct AbsGradient {
    const float *x, *dy;
    __device__ float operator()(unsigned i) const {
        return x[i] > 0 ? dy[i] : x[i] < 0 ? -dy[i] : 0;
    }
};

static void forward(const P2cCall *call) { make_result(call, Abs{ call->x[0] }); }
static void backward(const P2cCall *call) {
    put_gradient(call, 0, AbsGradient{ call->x[0], call->dy });
}

const P2cKernel p2c_cuda_abs = { .forward = forward, .backward = backward, .overwrite = true };

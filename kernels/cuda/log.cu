/* log: y = log(x);  dx += dy / x */
#include <math.h>

#include "elementwise.cuh"

struct Log {
    const float *x;
    __device__ float operator()(unsigned i) const { return logf(x[i]); }
};

struct LogGradient {
    const float *x, *dy;
    __device__ float operator()(unsigned i) const { return dy[i] / x[i]; }
};

static void forward(const P2cCall *call) { make_result(call, Log{ call->x[0] }); }
static void backward(const P2cCall *call) {
    put_gradient(call, 0, LogGradient{ call->x[0], call->dy });
}

const P2cKernel p2c_cuda_log = { .forward = forward, .backward = backward, .overwrite = true };

/* relu: y = x > 0 ? x : slope * x;  dx += y > 0 ? dy : slope * dy */
#include "cuda.cuh"

static __global__ void forward_kernel(const float *x, float *y, float slope, unsigned n) {
    unsigned i = global_thread();
    if (i < n) y[i] = x[i] > 0 ? x[i] : slope * x[i];
}

static void forward(const P2cCall *call) {
    unsigned n = (unsigned)count_of(call->node);
    float slope = P2C_ATTRIBUTES(call->node, P2cSlopeAttributes)->slope;
    P2C_LAUNCH(forward_kernel, blocks_for(n), THREADS, 0, call->queue, call->x[0], call->y, slope, n);
}

static __global__ void backward_kernel(const float *y, const float *dy, float *dx, float slope, unsigned n, bool fresh) {
    unsigned i = global_thread();
    if (i < n) put(&dx[i], y[i] > 0 ? dy[i] : slope * dy[i], fresh);
}

static void backward(const P2cCall *call) {
    unsigned n = (unsigned)count_of(call->node);
    float slope = P2C_ATTRIBUTES(call->node, P2cSlopeAttributes)->slope;
    if (call->dx[0]) P2C_LAUNCH(backward_kernel, blocks_for(n), THREADS, 0, call->queue, call->y, call->dy, call->dx[0], slope, n, is_fresh(call, 0));
}

const P2cKernel p2c_cuda_relu = { .forward = forward, .backward = backward, .fresh = true };

/* bce_with_logits: y = mean max(x,0) - x*t + log(1 + exp(-|x|));  dx += dy * (sigmoid(x) - t) /
 * count; no gradient for t */
#include "loss.cuh"

struct Bce {
    static __device__ float term(float x, float t) {
        return (x > 0 ? x : 0) - x * t + log1pf(expf(-fabsf(x)));
    }
    static __device__ float slope(float x, float t) { return 1 / (1 + expf(-x)) - t; }
    static __device__ float target_slope(float, float) { return 0; }
};

const P2cKernel p2c_cuda_bce_with_logits = { .forward = loss_forward<Bce>,
                                             .backward = loss_backward<Bce>,
                                             .work = loss_work,
                                             .overwrite = true };

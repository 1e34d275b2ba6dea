/* l1_loss: y = mean |x - t|;  dx += dy * sign(x - t) / count, dt -= the same */
#include "loss.cuh"

struct L1 {
    static __device__ float term(float x, float t) { return fabsf(x - t); }
    static __device__ float slope(float x, float t) { return (float)(x > t) - (float)(x < t); }
    static __device__ float target_slope(float x, float t) { return -slope(x, t); }
};

const P2cKernel p2c_cuda_l1_loss = {
    .forward = loss_forward<L1>, .backward = loss_backward<L1>, .work = loss_work, .overwrite = true
};

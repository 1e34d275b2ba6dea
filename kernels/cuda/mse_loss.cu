/* mse_loss: y = mean (x - t)^2;  dx += dy * 2 (x - t) / count, dt -= the same */
#include "loss.cuh"

struct Mse {
    static __device__ float term(float x, float t) { return (x - t) * (x - t); }
    static __device__ float slope(float x, float t) { return 2 * (x - t); }
    static __device__ float target_slope(float x, float t) { return -slope(x, t); }
};

const P2cKernel p2c_cuda_mse_loss = { .forward = loss_forward<Mse>,
                                      .backward = loss_backward<Mse>,
                                      .work = loss_work,
                                      .overwrite = true };

/* activation.cuh: a ReLU that is fused into the operation before it: y = v > 0 ? v : slope * v.
 * Slope 1 means that there is none. */
#ifndef P2C_CUDA_ACTIVATION_CUH
#define P2C_CUDA_ACTIVATION_CUH

#include "cuda.cuh"

static __device__ inline float activated(float v, float slope) { return v > 0 ? v : slope * v; }

/* The gradient that passes the activation. y may stand for v, because both have the same sign. */
static __device__ inline float passed(float dy, float y, float slope) {
    return y > 0 ? dy : slope * dy;
}

#endif

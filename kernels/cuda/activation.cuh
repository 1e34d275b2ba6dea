/* activation.cuh: a ReLU behind an operation, computed with it: y = v > 0 ? v : slope * v. Slope 1:
 * there is none. */
#ifndef P2C_CUDA_ACTIVATION_CUH
#define P2C_CUDA_ACTIVATION_CUH

#include "cuda.cuh"

static __device__ inline float activated(float v, float slope) { return v > 0 ? v : slope * v; }

/* What gets through of dy. y and v have the same sign. */
static __device__ inline float passed(float dy, float y, float slope) {
    return y > 0 ? dy : slope * dy;
}

#endif

/* norm.cuh: the instance norm for kernels that normalise values as they read them: the statistics
 * of planes, the normalised value, and the gradient of a norm.
 *
 * The statistics of a plane (n,c) are its (mean, biased variance), whoever computes them: the
 * kernel that wrote the plane (P2cCall.statistics), or p2c_cuda_plane_statistics. */
#ifndef P2C_CUDA_NORM_CUH
#define P2C_CUDA_NORM_CUH

#include <math.h>

#include "statistics.cuh"

/* (x - mean) * r, but at least floor, which is 0 with ReLU and minus infinity without. */
struct Norm {
    float mean, r, floor;
};

static __device__ inline Norm norm_of_pair(float mean, float variance, float eps, bool relu) {
    Norm n = { mean, 1 / sqrtf(variance + eps), relu ? 0 : -INFINITY };
    return n;
}

static __device__ inline Norm norm_of(const float *statistics, int plane, float eps, bool relu) {
    return norm_of_pair(statistics[2 * plane], statistics[2 * plane + 1], eps, relu);
}

static __device__ inline float normalised(float x, Norm n) {
    float y = (x - n.mean) * n.r;
    return y < n.floor ? n.floor : y; /* a NaN stays NaN */
}

/* The size of `work` for the two functions below. */
size_t p2c_cuda_plane_statistics_work(P2cDims dims);
/* statistics: (mean, biased variance) of each plane of x (n,c,h,w). One launch. */
void p2c_cuda_plane_statistics(const P2cCall *call, const float *x, P2cDims dims, float *statistics,
                               void *work);
/* dx += the gradient of x, computed from g, that of the normalised x. With overwrite it is written
 * instead. g may be dx. One launch for small planes, two for large ones. */
void p2c_cuda_norm_gradient(const P2cCall *call, const float *x, const float *g, float *dx,
                            P2cDims dims, bool relu, float eps, const float *statistics, void *work,
                            bool overwrite);

#endif

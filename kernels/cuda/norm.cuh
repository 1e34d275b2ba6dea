/* norm.cuh: instance norm as other kernels see it: the statistics of planes, a value normed on the
 * way in, and the gradient of a norm.
 *
 * What is kept of a plane (n,c) is its (mean, biased variance), whoever made them: the kernel that
 * wrote the plane (P2cCall.statistics), or p2c_cuda_plane_statistics. */
#ifndef P2C_CUDA_NORM_CUH
#define P2C_CUDA_NORM_CUH

#include <math.h>

#include "statistics.cuh"

/* (x - mean) * r, at least floor: 0 with ReLU, else minus infinity. */
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

static __device__ inline float normed(float x, Norm n) {
    float y = (x - n.mean) * n.r;
    return y < n.floor ? n.floor : y; /* a NaN stays one */
}

/* The bytes of `work` of the two below. */
size_t p2c_cuda_plane_statistics_work(P2cDims dims);
/* statistics: (mean, biased variance) of each plane of x (n,c,h,w). One launch. */
void p2c_cuda_plane_statistics(const P2cCall *call, const float *x, P2cDims dims, float *statistics,
                               void *work);
/* dx += the gradient of x from g, that of the normed x; overwrite: written instead. g may be dx.
 * One launch for small planes, two for large ones. */
void p2c_cuda_norm_gradient(const P2cCall *call, const float *x, const float *g, float *dx,
                            P2cDims dims, bool relu, float eps, const float *statistics, void *work,
                            bool overwrite);

#endif

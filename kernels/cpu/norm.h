/* norm.h: the instance norm for kernels that normalise values as they read them. */
#ifndef P2C_CPU_NORM_H
#define P2C_CPU_NORM_H

#include <math.h>

#include "cpu.h"

/* (x - mean) * r, but at least floor, which is 0 with ReLU and minus infinity without. */
typedef struct Norm {
    float mean, r, floor;
} Norm;

static inline Norm norm_of(const float stats[2], bool relu) {
    return (Norm){ stats[0], stats[1], relu ? 0 : -INFINITY };
}

static inline float normalised(float x, Norm n) {
    float y = (x - n.mean) * n.r;
    return y < n.floor ? n.floor : y;
}

/* stats: (mean, r) of each (n,c) plane of x. */
void P2C_CPU(instance_norm_statistics)(const float *x, P2cDims dims, float eps, float *stats,
                                       int threads);
/* dx += the gradient of x, computed from that of the normalised x. */
void P2C_CPU(instance_norm_gradient)(const float *x, const float *dy, float *dx, P2cDims dims,
                                     bool relu, const float *stats, int threads);

#endif

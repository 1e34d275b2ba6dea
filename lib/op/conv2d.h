/* conv2d.h: the attributes of conv2d. */
#ifndef P2C_OP_CONV2D_H
#define P2C_OP_CONV2D_H

#include "activation.h"
#include "norm.h"

typedef struct P2cConvAttributes {
    P2cConv2d conv;
    P2cNormAttributes norm;
    bool normed; /* fused: convolves the instance norm of x (with its ReLU) instead of x */
    /* fused: x is read as if it were repeated so often along both axes, after the norm if there is
     * one; 0 or 1: as it is */
    int upsample;
    P2cActivation activation; /* fused */
} P2cConvAttributes;

#endif

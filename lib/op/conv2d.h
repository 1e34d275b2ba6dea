/* conv2d.h: the attributes of conv2d. */
#ifndef P2C_OP_CONV2D_H
#define P2C_OP_CONV2D_H

#include "activation.h"
#include "norm.h"

/* normed: fused, the convolution reads the instance norm of x, then ReLU, instead of x. upsample:
 * fused, 0 or 1: none; x is read as if it were repeated so often along both axes (the norm, if any,
 * is of the small x). */
typedef struct P2cConvAttributes {
    P2cConv2d conv;
    P2cNormAttributes norm;
    bool normed;
    int upsample;
    P2cActivation activation;
} P2cConvAttributes;

#endif

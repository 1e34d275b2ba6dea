/* conv2d.h: the attributes of conv2d. */
#ifndef P2C_OP_CONV2D_H
#define P2C_OP_CONV2D_H

#include "activation.h"
#include "norm.h"

/* How the CPU may compute a convolution; see p2c_context_set_exact_convolutions. WINOGRAD: wherever
 * that is possible, not only where it is faster, for tests. */
typedef enum P2cConvWay { P2C_CONV_FASTEST, P2C_CONV_EXACT, P2C_CONV_WINOGRAD } P2cConvWay;

typedef struct P2cConvAttributes {
    P2cConv2d conv;
    P2cNormAttributes norm;
    bool normalised; /* fused: convolves the instance norm of x (with its ReLU) instead of x */
    /* fused: x is read as if it were repeated so often along both axes, after the norm if there is
     * one; 0 or 1: as it is */
    int upsample;
    P2cConvWay way;
    P2cActivation activation; /* fused */
} P2cConvAttributes;

#endif

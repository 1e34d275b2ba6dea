/* relu.h: the attributes of relu. */
#ifndef P2C_OP_RELU_H
#define P2C_OP_RELU_H

#include "op.h"

/* of negative values; 0: ReLU */
typedef struct P2cSlopeAttributes {
    float slope;
} P2cSlopeAttributes;

#endif

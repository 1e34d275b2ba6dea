/* conv_transpose2d.h: the attributes of conv_transpose2d. */
#ifndef P2C_OP_CONV_TRANSPOSE2D_H
#define P2C_OP_CONV_TRANSPOSE2D_H

#include "op.h"

typedef struct P2cConvTransposeAttributes {
    P2cConv2d conv;
    int output_padding;
} P2cConvTransposeAttributes;

#endif

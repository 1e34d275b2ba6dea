/* affine.h: the attributes of affine. */
#ifndef P2C_OP_AFFINE_H
#define P2C_OP_AFFINE_H

#include "op.h"

typedef struct P2cAffineAttributes {
    float scale, shift;
} P2cAffineAttributes;

#endif

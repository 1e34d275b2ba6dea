/* norm.h: the attributes that norms have in common. */
#ifndef P2C_OP_NORM_H
#define P2C_OP_NORM_H

#include "op.h"

/* relu: fused, y = max(y, 0) */
typedef struct P2cNormAttributes {
    float eps;
    bool relu;
} P2cNormAttributes;

#endif

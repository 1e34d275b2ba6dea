/* factor.h: the attributes of operations that change height and width by a whole factor:
 * avg_pool2d, upsample_nearest. */
#ifndef P2C_OP_FACTOR_H
#define P2C_OP_FACTOR_H

#include "op.h"

typedef struct P2cFactorAttributes {
    int factor;
} P2cFactorAttributes;

#endif

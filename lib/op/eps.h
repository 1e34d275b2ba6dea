/* eps.h: the attributes of operations that divide by a size and need no more than a least one:
 * batch_norm, l2_normalize. */
#ifndef P2C_OP_EPS_H
#define P2C_OP_EPS_H

#include "op.h"

typedef struct P2cEpsAttributes {
    float eps;
} P2cEpsAttributes;

#endif

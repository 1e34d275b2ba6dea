/* eps.h: the attributes of batch_norm and l2_normalize: what keeps them from dividing by 0. */
#ifndef P2C_OP_EPS_H
#define P2C_OP_EPS_H

#include "op.h"

typedef struct P2cEpsAttributes {
    float eps;
} P2cEpsAttributes;

#endif

/* clamp.h: the attributes of clamp. */
#ifndef P2C_OP_CLAMP_H
#define P2C_OP_CLAMP_H

#include "op.h"

typedef struct P2cRangeAttributes {
    float low, high;
} P2cRangeAttributes;

#endif

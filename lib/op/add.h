/* add.h: the attributes of add. */
#ifndef P2C_OP_ADD_H
#define P2C_OP_ADD_H

#include "op.h"

typedef struct P2cAddAttributes {
    bool joined;  /* fused: the second summand is operands 1 to count-1, joined along channels */
    int upsample; /* fused: operand 1 is read repeated so often along both axes; 0 or 1: as it is */
} P2cAddAttributes;

#endif

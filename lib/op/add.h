/* add.h: the attributes of add. */
#ifndef P2C_OP_ADD_H
#define P2C_OP_ADD_H

#include "op.h"

/* Fused: joined: operands 1 to count-1 are the pieces, along channels, of what is added; upsample:
 * operand 1 is read repeated, 0 or 1: as it is. */
typedef struct P2cAddAttributes {
    bool joined;
    int upsample;
} P2cAddAttributes;

#endif

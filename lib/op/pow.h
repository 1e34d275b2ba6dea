/* pow.h: the attributes of pow. */
#ifndef P2C_OP_POW_H
#define P2C_OP_POW_H

#include "op.h"

typedef struct P2cExponentAttributes {
    float exponent;
} P2cExponentAttributes;

#endif

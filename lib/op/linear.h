/* linear.h: the attributes of linear. */
#ifndef P2C_OP_LINEAR_H
#define P2C_OP_LINEAR_H

#include "activation.h"

typedef struct P2cLinearAttributes {
    P2cActivation activation;
} P2cLinearAttributes;

#endif

/* sum.h: the attributes of sum. */
#ifndef P2C_OP_SUM_H
#define P2C_OP_SUM_H

#include "op.h"

/* 1: the sum; 1/count: the mean */
typedef struct P2cScaleAttributes {
    float scale;
} P2cScaleAttributes;

#endif

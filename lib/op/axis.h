/* axis.h: the attributes of operations that work along one axis: concat, softmax, mean_axis,
 * max_axis. */
#ifndef P2C_OP_AXIS_H
#define P2C_OP_AXIS_H

#include "op.h"

/* 0 to rank-1 */
typedef struct P2cAxisAttributes {
    int axis;
} P2cAxisAttributes;

#endif

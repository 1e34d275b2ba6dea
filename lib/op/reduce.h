/* reduce.h: the shape rule of operations that make one value of all along an axis, which stays with
 * size 1. */
#ifndef P2C_OP_REDUCE_H
#define P2C_OP_REDUCE_H

#include "axis.h"
#include "graph/node.h"

P2cStatus p2c_reduce_shape(P2cNode *node);

#endif

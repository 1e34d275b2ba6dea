/* broadcast.h: the shape rule of operations on two operands whose sizes agree or are 1. */
#ifndef P2C_OP_BROADCAST_H
#define P2C_OP_BROADCAST_H

#include "graph/node.h"

P2cStatus p2c_broadcast_shape(P2cNode *node);

#endif

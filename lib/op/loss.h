/* loss.h: the shape rule of losses: a mean over all elements of x against a target of the same
 * shape, or a scalar one. */
#ifndef P2C_OP_LOSS_H
#define P2C_OP_LOSS_H

#include "graph/node.h"

P2cStatus p2c_loss_shape(P2cNode *node);

#endif

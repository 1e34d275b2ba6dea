/* update_shape.h: the shape rules of operations that update parameters, for every optimiser. */
#ifndef P2C_OP_UPDATE_SHAPE_H
#define P2C_OP_UPDATE_SHAPE_H

#include "graph/node.h"

/* Of the operation that begins the updates of a group: squares, loss, and perhaps the result of the
 * begin before it -> a vector of `rates` numbers. */
P2cStatus p2c_update_begin_shape(P2cNode *node, int rates);
/* Of the update of a parameter: the parameter, its gradient, the rates, then what the optimiser
 * keeps of it, of the parameter's shape -> scalar. kept: the names of these, for error texts, up to
 * NULL. */
P2cStatus p2c_update_shape(P2cNode *node, int rates, const char *const kept[]);

#endif

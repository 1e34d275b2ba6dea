/* sgd_begin: before the updates of a group of parameters: what is the same for all of them,
 * P2cSgdRates, with the number of the update that begins, which sgd->step counts. Its step is NaN,
 * and not counted, when `squares` (the sum of squares of all gradients) or `loss` is not finite:
 * then nothing is updated. squares, loss: scalars; where the graph has one of the same P2cSgd
 * already: its result -> P2cSgdRates as a vector. Nodes come from p2c_minimize_sgd (minimize.c). */
#include "sgd.h"
#include "update_shape.h"

static P2cStatus shape(P2cNode *node) { return p2c_update_begin_shape(node, P2C_SGD_RATES); }

const P2cOp p2c_op_sgd_begin = {
    .id = P2C_OP_sgd_begin, .name = "sgd_begin", .shape = shape, .side_effect = true, .blocks = true
};

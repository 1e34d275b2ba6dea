/* sgd_begin: before the updates of a group of parameters: what is the same for all of them,
 * P2cSgdRates, with the number of the update that begins, which sgd->step counts. Its step is NaN,
 * and not counted, when `squares` (the sum of squares of all gradients) or `loss` is not finite:
 * then nothing is updated. squares, loss: scalars; where the graph has one of the same P2cSgd
 * already: its result -> P2cSgdRates as a vector. Nodes come from p2c_minimize_sgd (minimize.c). */
#include "sgd.h"

#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    for (int k = 0; k < 2; k++)
        if (p2c_dims_count(node->x[k]->dims) != 1)
            return p2c_node_fail(node, "expected a scalar, got %s",
                                 p2c_dims_text(node->x[k]->dims).text);
    if (node->count == 3 && (int)p2c_dims_count(node->x[2]->dims) != P2C_SGD_RATES)
        return p2c_node_fail(node, "expected (%d) of the one before, got %s", P2C_SGD_RATES,
                             p2c_dims_text(node->x[2]->dims).text);
    node->dims = P2C_DIMS(P2C_SGD_RATES);
    return P2C_OK;
}

const P2cOp p2c_op_sgd_begin = {
    .id = P2C_OP_sgd_begin, .name = "sgd_begin", .shape = shape, .side_effect = true, .blocks = true
};

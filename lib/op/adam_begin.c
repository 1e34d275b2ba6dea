/* adam_begin: before the updates of a group of parameters: what is the same for all of them,
 * P2cAdamRates, with the number of the update that begins, which adam->step counts. Its step is
 * NaN, and not counted, when `squares` (the sum of squares of all gradients) or `loss` is not
 * finite: then nothing is updated. squares, loss: scalars; where the graph has one of the same
 * P2cAdam already: its result -> P2cAdamRates as a vector. Nodes come from p2c_minimize
 * (minimize.c). */
#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    for (int k = 0; k < 2; k++)
        if (p2c_dims_count(node->x[k]->dims) != 1)
            return p2c_node_fail(node, "expected a scalar, got %s",
                                 p2c_dims_text(node->x[k]->dims).text);
    if (node->count == 3 && (int)p2c_dims_count(node->x[2]->dims) != P2C_ADAM_RATES)
        return p2c_node_fail(node, "expected (%d) of the one before, got %s", P2C_ADAM_RATES,
                             p2c_dims_text(node->x[2]->dims).text);
    node->dims = P2C_DIMS(P2C_ADAM_RATES);
    return P2C_OK;
}

const P2cOp p2c_op_adam_begin = {
    .id = P2C_OP_adam_begin, .name = "adam_begin", .shape = shape, .updates = true, .blocks = true
};

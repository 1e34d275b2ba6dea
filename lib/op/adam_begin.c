/* adam_begin: begins the update of a group of parameters. It counts the update in adam->step and
 * computes the rates, which are the same for all of them. If `squares` (the sum of squares of all
 * gradients) or `loss` is not finite, the update is not counted, and its number in the rates is
 * NaN: then nothing is updated.
 *   squares, loss: scalars; if the graph has an adam_begin of the same P2cAdam already, its result
 *   -> P2cAdamRates as a vector
 * Nodes come from p2c_minimize (minimize.c). */
#include "adam.h"
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

const P2cOp p2c_op_adam_begin = { .id = P2C_OP_adam_begin,
                                  .name = "adam_begin",
                                  .shape = shape,
                                  .side_effect = true,
                                  .blocks = true };

/* adam_begin: before the updates of a group of parameters: t = the number of the update that begins, counted in adam->step; or NaN, and not
 * counted, when `squares` (the sum of squares of all its gradients) or `loss` is not finite: then nothing is updated.
 * squares, loss: scalars -> scalar t.  Nodes come from p2c_minimize (minimize.c). */
#include "../graph.h"

static P2cStatus shape(P2cNode *node) {
    for (int k = 0; k < 2; k++)
        if (p2c_dims_count(node->x[k]->dims) != 1) return p2c_node_fail(node, "expected a scalar, got %s", p2c_dims_text(node->x[k]->dims).text);
    node->dims = P2C_SCALAR;
    return P2C_OK;
}

const P2cOp p2c_op_adam_begin = { .id = P2C_OP_adam_begin, .name = "adam_begin", .shape = shape, .updates = true, .blocks = true };

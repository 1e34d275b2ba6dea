/* sum_squares: y = sum of x^2, + before.
 *   x of any shape, before a scalar or absent -> scalar   dx += 2 x dy, dbefore += dy
 * A chain of them over the gradients of a network gives their norm, and finds a NaN or an infinity
 * in any. */
#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    if (node->count == 2 && p2c_dims_count(node->x[1]->dims) != 1)
        return p2c_node_fail(node, "what is added to has shape %s, expected a scalar",
                             p2c_dims_text(node->x[1]->dims).text);
    node->dims = P2C_SCALAR;
    return P2C_OK;
}

const P2cOp p2c_op_sum_squares = {
    .id = P2C_OP_sum_squares, .name = "sum_squares", .shape = shape, .keeps_x = true
};

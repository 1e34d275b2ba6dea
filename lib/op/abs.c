/* abs: y = |x|.  x of any shape.   dx += dy * sign(x), sign(0) = 0 */
#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    node->dims = node->x[0]->dims;
    return P2C_OK;
}

const P2cOp p2c_op_abs = {
    .id = P2C_OP_abs, .name = "abs", .shape = shape, .keeps_x = true, .in_place = true
};

P2cNode *p2c_abs(P2cNode *x) { return p2c_node_unary(&p2c_op_abs, x, NULL, 0); }

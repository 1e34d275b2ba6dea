/* log: y = the natural logarithm of x; -infinity for x = 0, NaN for x < 0.  x of any shape.
 *   dx += dy / x */
#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    node->dims = node->x[0]->dims;
    return P2C_OK;
}

const P2cOp p2c_op_log = {
    .id = P2C_OP_log, .name = "log", .shape = shape, .keeps_x = true, .in_place = true
};

P2cNode *p2c_log(P2cNode *x) { return p2c_node_unary(&p2c_op_log, x, NULL, 0); }

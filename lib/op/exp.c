/* exp: y = exp(x).  x of any shape.   dx += dy * y */
#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    node->dims = node->x[0]->dims;
    return P2C_OK;
}

const P2cOp p2c_op_exp = {
    .id = P2C_OP_exp, .name = "exp", .shape = shape, .keeps_y = true, .in_place = true
};

P2cNode *p2c_exp(P2cNode *x) { return p2c_node_unary(&p2c_op_exp, x, NULL, 0); }

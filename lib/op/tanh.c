/* tanh: y = tanh(x).  x of any shape.   dx += dy * (1 - y^2) */
#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    node->dims = node->x[0]->dims;
    return P2C_OK;
}

const P2cOp p2c_op_tanh = {
    .id = P2C_OP_tanh, .name = "tanh", .shape = shape, .keeps_y = true, .in_place = true
};

P2cNode *p2c_tanh(P2cNode *x) { return p2c_node_unary(&p2c_op_tanh, x, NULL, 0); }

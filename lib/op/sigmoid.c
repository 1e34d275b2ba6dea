/* sigmoid: y = 1 / (1 + exp(-x)).  x of any shape.   dx += dy * y * (1 - y) */
#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    node->dims = node->x[0]->dims;
    return P2C_OK;
}

const P2cOp p2c_op_sigmoid = {
    .id = P2C_OP_sigmoid, .name = "sigmoid", .shape = shape, .keeps_y = true, .in_place = true
};

P2cNode *p2c_sigmoid(P2cNode *x) { return p2c_node_unary(&p2c_op_sigmoid, x, NULL, 0); }

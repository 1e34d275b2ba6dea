/* detach: y = x; no gradient goes back. */
#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    node->dims = node->x[0]->dims;
    return P2C_OK;
}

const P2cOp p2c_op_detach = {
    .id = P2C_OP_detach, .name = "detach", .shape = shape, .view = true, .blocks = true
};

P2cNode *p2c_detach(P2cNode *x) { return p2c_node_unary(&p2c_op_detach, x, NULL, 0); }

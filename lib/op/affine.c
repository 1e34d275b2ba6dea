/* affine: y = scale * x + shift, with constants.  x of any shape.   dx += scale * dy */
#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    node->dims = node->x[0]->dims;
    return P2C_OK;
}

const P2cOp p2c_op_affine = {
    .id = P2C_OP_affine, .name = "affine", .shape = shape, .in_place = true
};

P2cNode *p2c_affine(P2cNode *x, float scale, float shift) {
    return p2c_node_unary(&p2c_op_affine, x, &(P2cAffineAttributes){ scale, shift },
                          sizeof(P2cAffineAttributes));
}

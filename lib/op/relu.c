/* relu: y = x > 0 ? x : slope * x; slope 0 is ReLU, slope > 0 the leaky one.  x of any shape.
 * Backward reads y only: sign(y) = sign(x). */
#include "relu.h"
#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    float slope = P2C_ATTRIBUTES(node, P2cSlopeAttributes)->slope;
    if (!(slope >= 0))
        return p2c_node_fail(
            node, "slope %g is negative, so that the result would not tell the sign of the input",
            slope);
    node->dims = node->x[0]->dims;
    return P2C_OK;
}

const P2cOp p2c_op_relu = {
    .id = P2C_OP_relu, .name = "relu", .shape = shape, .keeps_y = true, .in_place = true
};

P2cNode *p2c_leaky_relu(P2cNode *x, float slope) {
    return p2c_node_unary(&p2c_op_relu, x, &(P2cSlopeAttributes){ slope },
                          sizeof(P2cSlopeAttributes));
}

P2cNode *p2c_relu(P2cNode *x) { return p2c_leaky_relu(x, 0); }

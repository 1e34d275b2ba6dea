/* softmax: y = exp(x - max) / sum of those, along an axis.
 *   dx += y * (dy - sum of dy * y)   Bridle 1990 */
#include "axis.h"
#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    int axis = P2C_ATTRIBUTES(node, P2cAxisAttributes)->axis;
    node->dims = node->x[0]->dims;
    if (axis < 0 || axis >= node->dims.rank)
        return p2c_node_fail(node, "axis %d of shape %s", axis, p2c_dims_text(node->dims).text);
    return P2C_OK;
}

const P2cOp p2c_op_softmax = {
    .id = P2C_OP_softmax, .name = "softmax", .shape = shape, .keeps_y = true, .in_place = true
};

P2cNode *p2c_softmax(P2cNode *x, int axis) {
    return p2c_node_unary(&p2c_op_softmax, x, &(P2cAxisAttributes){ .axis = axis },
                          sizeof(P2cAxisAttributes));
}

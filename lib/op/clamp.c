/* clamp: y = min(max(x, low), high).  x of any shape.   dx += dy where low <= x <= high */
#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    const P2cRangeAttributes *a = P2C_ATTRIBUTES(node, P2cRangeAttributes);
    if (!(a->low <= a->high))
        return p2c_node_fail(node, "the range %g to %g is empty", a->low, a->high);
    node->dims = node->x[0]->dims;
    return P2C_OK;
}

const P2cOp p2c_op_clamp = {
    .id = P2C_OP_clamp, .name = "clamp", .shape = shape, .keeps_x = true, .in_place = true
};

P2cNode *p2c_clamp(P2cNode *x, float low, float high) {
    return p2c_node_unary(&p2c_op_clamp, x, &(P2cRangeAttributes){ low, high },
                          sizeof(P2cRangeAttributes));
}

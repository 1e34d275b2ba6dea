/* slice: the elements begin to end-1 along an axis. */
#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    const P2cAxisAttributes *a = P2C_ATTRIBUTES(node, P2cAxisAttributes);
    node->dims = node->x[0]->dims;
    if (a->axis < 0 || a->axis >= node->dims.rank || a->begin < 0 || a->begin >= a->end ||
        a->end > node->dims.d[a->axis])
        return p2c_node_fail(node, "[%d,%d) along axis %d of shape %s", a->begin, a->end, a->axis,
                             p2c_dims_text(node->dims).text);
    node->dims.d[a->axis] = a->end - a->begin;
    return P2C_OK;
}

const P2cOp p2c_op_slice = { .id = P2C_OP_slice, .name = "slice", .shape = shape };

P2cNode *p2c_slice(P2cNode *x, int axis, int begin, int end) {
    return p2c_node_unary(&p2c_op_slice, x, &(P2cAxisAttributes){ axis, begin, end },
                          sizeof(P2cAxisAttributes));
}

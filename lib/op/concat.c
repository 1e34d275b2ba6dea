/* concat: joins the operands along an axis; their other sizes agree. */
#include <limits.h>

#include "axis.h"
#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    int axis = P2C_ATTRIBUTES(node, P2cAxisAttributes)->axis;
    node->dims = node->x[0]->dims;
    if (axis < 0 || axis >= node->dims.rank)
        return p2c_node_fail(node, "axis %d of shape %s", axis, p2c_dims_text(node->dims).text);
    for (int i = 1; i < node->count; i++) {
        P2cDims other = node->x[i]->dims;
        int size = other.d[axis];
        other.d[axis] = node->x[0]->dims.d[axis];
        if (!p2c_dims_equal(other, node->x[0]->dims))
            return p2c_node_fail(
                node, "operand %d has shape %s, operand 0 %s: they may differ along axis %d only",
                i, p2c_dims_text(node->x[i]->dims).text, p2c_dims_text(node->x[0]->dims).text,
                axis);
        if (size > INT_MAX - node->dims.d[axis])
            return p2c_node_fail(node, "the sizes along axis %d add up to 2^31 or more", axis);
        node->dims.d[axis] += size;
    }
    return P2C_OK;
}

const P2cOp p2c_op_concat = { .id = P2C_OP_concat, .name = "concat", .shape = shape };

P2cNode *p2c_concat(int count, P2cNode *const x[], int axis) {
    P2cAxisAttributes attributes = { .axis = axis };
    if (count < 1 || !x[0]) return NULL;
    P2cGraph *graph = p2c_node_graph(x[0]);
    if (count > P2C_MAX_OPERANDS) {
        p2c_graph_fail(graph, P2C_ERR_ARGUMENT, "concat: %d operands, at most %d", count,
                       P2C_MAX_OPERANDS);
        return NULL;
    }
    return p2c_node_new(&p2c_op_concat, count, x, &attributes, sizeof attributes);
}

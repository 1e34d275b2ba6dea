/* transpose: y's axis i is x's axis order[i], for any permutation of x's axes.
 *   dx += dy, permuted back */
#include "transpose.h"
#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    const P2cDims x = node->x[0]->dims;
    const int *order = P2C_ATTRIBUTES(node, P2cOrderAttributes)->order;
    unsigned seen = 0;
    for (int i = 0; i < 4; i++) seen |= order[i] >= 0 && order[i] < 4 ? 1u << order[i] : 0;
    if (seen != 0xF)
        return p2c_node_fail(node, "(%d,%d,%d,%d) is no order of the %d axes of shape %s", order[0],
                             order[1], order[2], order[3], x.rank, p2c_dims_text(x).text);
    node->dims.rank = x.rank;
    for (int i = 0; i < 4; i++) node->dims.d[i] = x.d[order[i]];
    return P2C_OK;
}

const P2cOp p2c_op_transpose = { .id = P2C_OP_transpose, .name = "transpose", .shape = shape };

/* Axes that x does not have stay where they are. */
P2cNode *p2c_transpose(P2cNode *x, const int order[]) {
    P2cOrderAttributes attributes = { { 0, 1, 2, 3 } };
    for (int i = 0; x && i < x->dims.rank; i++) attributes.order[i] = order[i];
    return p2c_node_unary(&p2c_op_transpose, x, &attributes, sizeof attributes);
}

/* reshape: the same elements in the same order under other dims; a view, no copy.   dx += dy */
#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    const P2cDims *dims = P2C_ATTRIBUTES(node, P2cDims);
    bool ok = true; /* sizes at least 1, so that equal products mean equal counts */
    for (int i = 0; i < 4; i++) ok &= dims->d[i] >= 1;
    if (!ok || p2c_dims_count(*dims) != p2c_dims_count(node->x[0]->dims))
        return p2c_node_fail(node, "%s to %s changes the number of elements",
                             p2c_dims_text(node->x[0]->dims).text, p2c_dims_text(*dims).text);
    node->dims = *dims;
    return P2C_OK;
}

const P2cOp p2c_op_reshape = {
    .id = P2C_OP_reshape, .name = "reshape", .shape = shape, .view = true
};

P2cNode *p2c_reshape(P2cNode *x, P2cDims dims) {
    return p2c_node_unary(&p2c_op_reshape, x, &dims, sizeof dims);
}

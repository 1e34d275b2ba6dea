/* linear: y = x w^T + b, then ReLU if one is fused.
 *   x (n,in)  w (out,in)  b (out)  ->  y (n,out) */
#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    const P2cDims x = node->x[0]->dims, w = node->x[1]->dims;
    if (x.rank != 2 || w.rank != 2 || x.d[1] != w.d[1])
        return p2c_node_fail(node, "expected input (n,in) and weight (out,in), got %s and %s",
                             p2c_dims_text(x).text, p2c_dims_text(w).text);
    if (node->count == 3 && (int)p2c_dims_count(node->x[2]->dims) != w.d[0])
        return p2c_node_fail(node, "bias has shape %s, expected (%d)",
                             p2c_dims_text(node->x[2]->dims).text, w.d[0]);
    node->dims = P2C_DIMS(x.d[0], w.d[0]);
    return P2C_OK;
}

const P2cOp p2c_op_linear = {
    .id = P2C_OP_linear, .name = "linear", .shape = shape, .keeps_x = true
};

P2cNode *p2c_linear(P2cNode *x, P2cNode *w, P2cNode *b) {
    return p2c_node_new(&p2c_op_linear, b ? 3 : 2, (P2cNode *[]){ x, w, b }, NULL, 0);
}

/* batch_norm, evaluation mode: y = (x - mean) / sqrt(var + eps) * weight + bias, each (c).
 *   x (n,c) or (n,c,h,w).  No gradient to mean and var.   Ioffe & Szegedy 2015 */
#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    static const char *const names[] = { "input", "weight", "bias", "mean", "var" };
    const P2cDims x = node->x[0]->dims;
    if (x.rank != 2 && x.rank != 4)
        return p2c_node_fail(node, "expected input (n,c) or (n,c,h,w), got %s",
                             p2c_dims_text(x).text);
    for (int i = 1; i < 5; i++)
        if (node->x[i]->dims.rank != 1 || node->x[i]->dims.d[0] != x.d[1])
            return p2c_node_fail(node, "%s has shape %s, expected (%d)", names[i],
                                 p2c_dims_text(node->x[i]->dims).text, x.d[1]);
    node->dims = x;
    return P2C_OK;
}

const P2cOp p2c_op_batch_norm = {
    .id = P2C_OP_batch_norm, .name = "batch_norm", .shape = shape, .keeps_x = true, .in_place = true
};

P2cNode *p2c_batch_norm(P2cNode *x, P2cNode *weight, P2cNode *bias, P2cNode *mean, P2cNode *var,
                        float eps) {
    P2cEpsAttributes attributes = { eps };
    return p2c_node_new(&p2c_op_batch_norm, 5, (P2cNode *[]){ x, weight, bias, mean, var },
                        &attributes, sizeof attributes);
}

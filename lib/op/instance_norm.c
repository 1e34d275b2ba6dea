/* instance_norm: y = (x - mean) / sqrt(var + eps), over each (n,c) plane, biased variance; then
 * ReLU when fused.
 * Keeps (mean, 1/sqrt(var+eps)) of each plane.   Ulyanov et al. 2016, "Instance normalization" */
#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    const P2cDims x = node->x[0]->dims;
    if (x.rank != 4)
        return p2c_node_fail(node, "expected input (n,c,h,w), got %s", p2c_dims_text(x).text);
    node->dims = x;
    node->saved_bytes = (size_t)x.d[0] * (size_t)x.d[1] * 2 * sizeof(float);
    return P2C_OK;
}

const P2cOp p2c_op_instance_norm = { .id = P2C_OP_instance_norm,
                                     .name = "instance_norm",
                                     .shape = shape,
                                     .keeps_x = true,
                                     .in_place = true };

P2cNode *p2c_instance_norm(P2cNode *x, float eps) {
    return p2c_node_unary(&p2c_op_instance_norm, x, &(P2cNormAttributes){ .eps = eps },
                          sizeof(P2cNormAttributes));
}

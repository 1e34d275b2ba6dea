/* sum_channels: y[n,0,i,j] = sum_c x[n,c,i,j].   (n,c,h,w) -> (n,1,h,w) */
#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    const P2cDims x = node->x[0]->dims;
    if (x.rank != 4)
        return p2c_node_fail(node, "expected input (n,c,h,w), got %s", p2c_dims_text(x).text);
    node->dims = P2C_DIMS(x.d[0], 1, x.d[2], x.d[3]);
    return P2C_OK;
}

const P2cOp p2c_op_sum_channels = { .id = P2C_OP_sum_channels,
                                    .name = "sum_channels",
                                    .shape = shape };

P2cNode *p2c_sum_channels(P2cNode *x) { return p2c_node_unary(&p2c_op_sum_channels, x, NULL, 0); }

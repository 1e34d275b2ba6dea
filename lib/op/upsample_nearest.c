/* upsample_nearest: y[n,c,i,j] = x[n,c,i/f,j/f].   (n,c,h,w) -> (n,c,h*f,w*f) */
#include <limits.h>

#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    int f = P2C_ATTRIBUTES(node, P2cFactorAttributes)->factor;
    const P2cDims x = node->x[0]->dims;
    if (x.rank != 4 || f < 1 || f > 64)
        return p2c_node_fail(node,
                             "expected input (n,c,h,w) and a factor of 1 to 64, got %s and %d",
                             p2c_dims_text(x).text, f);
    if (x.d[2] > INT_MAX / f || x.d[3] > INT_MAX / f)
        return p2c_node_fail(node, "%s times %d has 2^31 rows or columns or more",
                             p2c_dims_text(x).text, f);
    node->dims = P2C_DIMS(x.d[0], x.d[1], x.d[2] * f, x.d[3] * f);
    return P2C_OK;
}

const P2cOp p2c_op_upsample_nearest = { .id = P2C_OP_upsample_nearest,
                                        .name = "upsample_nearest",
                                        .shape = shape };

P2cNode *p2c_upsample_nearest(P2cNode *x, int factor) {
    return p2c_node_unary(&p2c_op_upsample_nearest, x, &(P2cFactorAttributes){ factor },
                          sizeof(P2cFactorAttributes));
}

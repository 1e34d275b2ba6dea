/* avg_pool2d: mean of k x k windows, stride k; rows and columns that fill no window are dropped.
 *   (n,c,h,w) -> (n,c,h/k,w/k) */
#include "factor.h"
#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    int k = P2C_ATTRIBUTES(node, P2cFactorAttributes)->factor;
    const P2cDims x = node->x[0]->dims;
    if (x.rank != 4 || k < 1 || x.d[2] < k || x.d[3] < k)
        return p2c_node_fail(node, "expected input (n,c,h,w) of at least %d x %d, got %s", k, k,
                             p2c_dims_text(x).text);
    node->dims = P2C_DIMS(x.d[0], x.d[1], x.d[2] / k, x.d[3] / k);
    return P2C_OK;
}

const P2cOp p2c_op_avg_pool2d = { .id = P2C_OP_avg_pool2d, .name = "avg_pool2d", .shape = shape };

P2cNode *p2c_avg_pool2d(P2cNode *x, int k) {
    return p2c_node_unary(&p2c_op_avg_pool2d, x, &(P2cFactorAttributes){ k },
                          sizeof(P2cFactorAttributes));
}

/* global_max_pool: largest value of each plane.   (n,c,h,w) -> (n,c)
 *   dx += dy, shared evenly between equal maxima, as PyTorch's amax does */
#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    const P2cDims x = node->x[0]->dims;
    if (x.rank != 4)
        return p2c_node_fail(node, "expected input (n,c,h,w), got %s", p2c_dims_text(x).text);
    node->dims = P2C_DIMS(x.d[0], x.d[1]);
    return P2C_OK;
}

const P2cOp p2c_op_global_max_pool = { .id = P2C_OP_global_max_pool,
                                       .name = "global_max_pool",
                                       .shape = shape,
                                       .keeps_x = true,
                                       .keeps_y = true };

P2cNode *p2c_global_max_pool(P2cNode *x) {
    return p2c_node_unary(&p2c_op_global_max_pool, x, NULL, 0);
}

/* l2_normalize: y = x / max(|x|, eps), row by row.   (n,d)
 *   dx += (dy - y (y . dy)) / |x|, or dy / eps for a row shorter than eps */
#include "eps.h"
#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    const P2cDims x = node->x[0]->dims;
    if (x.rank != 2)
        return p2c_node_fail(node, "expected input (n,d), got %s", p2c_dims_text(x).text);
    node->dims = x;
    return P2C_OK;
}

const P2cOp p2c_op_l2_normalize = {
    .id = P2C_OP_l2_normalize, .name = "l2_normalize", .shape = shape, .keeps_x = true
};

P2cNode *p2c_l2_normalize(P2cNode *x, float eps) {
    return p2c_node_unary(&p2c_op_l2_normalize, x, &(P2cEpsAttributes){ eps },
                          sizeof(P2cEpsAttributes));
}

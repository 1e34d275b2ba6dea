#include "loss.h"

P2cStatus p2c_loss_shape(P2cNode *node) {
    const P2cDims x = node->x[0]->dims, t = node->x[1]->dims;
    if (p2c_dims_count(t) != 1 && !p2c_dims_equal(x, t))
        return p2c_node_fail(node, "input has shape %s, target %s: expected the same or a scalar",
                             p2c_dims_text(x).text, p2c_dims_text(t).text);
    node->dims = P2C_SCALAR;
    return P2C_OK;
}

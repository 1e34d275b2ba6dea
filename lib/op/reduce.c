#include "reduce.h"

P2cStatus p2c_reduce_shape(P2cNode *node) {
    int axis = P2C_ATTRIBUTES(node, P2cAxisAttributes)->axis;
    node->dims = node->x[0]->dims;
    if (axis < 0 || axis >= node->dims.rank)
        return p2c_node_fail(node, "axis %d of shape %s", axis, p2c_dims_text(node->dims).text);
    node->dims.d[axis] = 1;
    return P2C_OK;
}

#include "broadcast.h"

P2cStatus p2c_broadcast_shape(P2cNode *node) {
    const P2cDims a = node->x[0]->dims, b = node->x[1]->dims;
    node->dims.rank = a.rank > b.rank ? a.rank : b.rank;
    for (int i = 0; i < 4; i++) {
        if (a.d[i] != b.d[i] && a.d[i] != 1 && b.d[i] != 1)
            return p2c_node_fail(node, "shapes %s and %s neither agree nor broadcast",
                                 p2c_dims_text(a).text, p2c_dims_text(b).text);
        node->dims.d[i] = a.d[i] > b.d[i] ? a.d[i] : b.d[i];
    }
    return P2C_OK;
}

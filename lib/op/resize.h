/* resize.h: the shape rule of the resizings.   (n,c,h,w) -> (n,c,height,width) */
#ifndef P2C_OP_RESIZE_H
#define P2C_OP_RESIZE_H

#include "graph/node.h"

static inline P2cStatus p2c_resize_shape(P2cNode *node) {
    const P2cResizeAttributes *a = P2C_ATTRIBUTES(node, P2cResizeAttributes);
    const P2cDims x = node->x[0]->dims;
    if (x.rank != 4 || a->height < 1 || a->width < 1)
        return p2c_node_fail(
            node, "expected input (n,c,h,w) and a size of at least 1 x 1, got %s and %d x %d",
            p2c_dims_text(x).text, a->height, a->width);
    node->dims = P2C_DIMS(x.d[0], x.d[1], a->height, a->width);
    return P2C_OK;
}

#endif

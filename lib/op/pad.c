/* pad: rows and columns around each plane: a constant, the plane reflected at its border (which is
 * not repeated), or its border repeated.
 *   (n,c,h,w) -> (n,c,top+h+bottom,left+w+right) */
#include <limits.h>

#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    const P2cPad *o = P2C_ATTRIBUTES(node, P2cPad);
    const P2cDims x = node->x[0]->dims;
    if (x.rank != 4)
        return p2c_node_fail(node, "expected input (n,c,h,w), got %s", p2c_dims_text(x).text);
    if (o->top < 0 || o->bottom < 0 || o->left < 0 || o->right < 0)
        return p2c_node_fail(node, "top %d, bottom %d, left %d, right %d: expected at least 0",
                             o->top, o->bottom, o->left, o->right);
    if (o->mode == P2C_PAD_REFLECT &&
        (o->top >= x.d[2] || o->bottom >= x.d[2] || o->left >= x.d[3] || o->right >= x.d[3]))
        return p2c_node_fail(
            node,
            "reflection of %d, %d rows and %d, %d columns needs an input larger than that, got %s",
            o->top, o->bottom, o->left, o->right, p2c_dims_text(x).text);
    int64_t height = (int64_t)x.d[2] + o->top + o->bottom,
            width = (int64_t)x.d[3] + o->left + o->right;
    if (height > INT_MAX || width > INT_MAX)
        return p2c_node_fail(node, "input %s with %d, %d rows and %d, %d columns is too large",
                             p2c_dims_text(x).text, o->top, o->bottom, o->left, o->right);
    node->dims = P2C_DIMS(x.d[0], x.d[1], (int)height, (int)width);
    return P2C_OK;
}

const P2cOp p2c_op_pad = { .id = P2C_OP_pad, .name = "pad", .shape = shape };

P2cNode *p2c_pad(P2cNode *x, P2cPad options) {
    return p2c_node_unary(&p2c_op_pad, x, &options, sizeof options);
}

/* resize_bilinear: two by two neighbours of the source position, not antialiased.   (n,c,h,w) -> (n,c,height,width)
 * align_corners: source = i*(in-1)/(out-1); else source = max((i+0.5)*in/out - 0.5, 0), the upper neighbour clamped to the edge. */
#include "../graph.h"

static P2cStatus shape(P2cNode *node) {
    const P2cResizeAttributes *a = P2C_ATTRIBUTES(node, P2cResizeAttributes);
    const P2cDims x = node->x[0]->dims;
    if (x.rank != 4 || a->height < 1 || a->width < 1)
        return p2c_node_fail(node, "expected input (n,c,h,w) and a size of at least 1 x 1, got %s and %d x %d", p2c_dims_text(x).text, a->height, a->width);
    node->dims = P2C_DIMS(x.d[0], x.d[1], a->height, a->width);
    return P2C_OK;
}

const P2cOp p2c_op_resize_bilinear = { .id = P2C_OP_resize_bilinear, .name = "resize_bilinear", .shape = shape };

P2cNode *p2c_resize_bilinear(P2cNode *x, int height, int width, P2cCoordinates coordinates) {
    return p2c_node_unary(&p2c_op_resize_bilinear, x, &(P2cResizeAttributes){ height, width, coordinates == P2C_ALIGN_CORNERS }, sizeof(P2cResizeAttributes));
}

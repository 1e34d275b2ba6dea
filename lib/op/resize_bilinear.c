/* resize_bilinear: interpolates between the 2 x 2 neighbours of the source position
 * (P2cCoordinates), which is clamped to the plane; not antialiased.
 *   (n,c,h,w) -> (n,c,height,width) */
#include "graph/node.h"
#include "resize.h"

const P2cOp p2c_op_resize_bilinear = { .id = P2C_OP_resize_bilinear,
                                       .name = "resize_bilinear",
                                       .shape = p2c_resize_shape };

P2cNode *p2c_resize_bilinear(P2cNode *x, int height, int width, P2cCoordinates coordinates) {
    P2cResizeAttributes attributes = { .height = height,
                                       .width = width,
                                       .coordinates = coordinates };
    return p2c_node_unary(&p2c_op_resize_bilinear, x, &attributes, sizeof attributes);
}

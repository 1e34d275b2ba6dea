/* resize_nearest: reads the source position (P2cCoordinates) of each row and column, rounded
 * (P2cRounding) and clamped to the plane.
 *   (n,c,h,w) -> (n,c,height,width) */
#include "graph/node.h"
#include "resize.h"

const P2cOp p2c_op_resize_nearest = { .id = P2C_OP_resize_nearest,
                                      .name = "resize_nearest",
                                      .shape = p2c_resize_shape };

P2cNode *p2c_resize_nearest(P2cNode *x, int height, int width, P2cCoordinates coordinates,
                            P2cRounding rounding) {
    P2cResizeAttributes attributes = { height, width, coordinates, rounding };
    return p2c_node_unary(&p2c_op_resize_nearest, x, &attributes, sizeof attributes);
}

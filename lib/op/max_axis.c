/* max_axis: y = largest of x along an axis, which stays with size 1; a NaN is the largest.
 *   dx += dy shared evenly between the equal maxima (as PyTorch's amax) */
#include "reduce.h"

const P2cOp p2c_op_max_axis = { .id = P2C_OP_max_axis,
                                .name = "max_axis",
                                .shape = p2c_reduce_shape,
                                .keeps_x = true,
                                .keeps_y = true };

P2cNode *p2c_max_axis(P2cNode *x, int axis) {
    return p2c_node_unary(&p2c_op_max_axis, x, &(P2cAxisAttributes){ .axis = axis },
                          sizeof(P2cAxisAttributes));
}

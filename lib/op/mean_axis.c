/* mean_axis: y = mean of x along an axis, which stays with size 1.
 *   dx += dy / (size of the axis) */
#include "reduce.h"

const P2cOp p2c_op_mean_axis = { .id = P2C_OP_mean_axis,
                                 .name = "mean_axis",
                                 .shape = p2c_reduce_shape };

P2cNode *p2c_mean_axis(P2cNode *x, int axis) {
    return p2c_node_unary(&p2c_op_mean_axis, x, &(P2cAxisAttributes){ .axis = axis },
                          sizeof(P2cAxisAttributes));
}

/* div: y = a / b, broadcasting from the left: sizes agree or are 1.
 *   da += dy / b, db -= dy * a / b^2, summed over the sizes that were broadcast */
#include "broadcast.h"

const P2cOp p2c_op_div = {
    .id = P2C_OP_div, .name = "div", .shape = p2c_broadcast_shape, .keeps_x = true, .in_place = true
};

P2cNode *p2c_div(P2cNode *a, P2cNode *b) { return p2c_node_binary(&p2c_op_div, a, b, NULL, 0); }

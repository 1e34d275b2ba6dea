/* sub: y = a - b, broadcasting from the left: sizes agree or are 1.   da += dy, db -= dy, summed
 *     over the sizes that were broadcast */
#include "broadcast.h"

const P2cOp p2c_op_sub = {
    .id = P2C_OP_sub, .name = "sub", .shape = p2c_broadcast_shape, .in_place = true
};

P2cNode *p2c_sub(P2cNode *a, P2cNode *b) { return p2c_node_binary(&p2c_op_sub, a, b, NULL, 0); }

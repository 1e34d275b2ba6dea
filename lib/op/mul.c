/* mul: y = a * b, broadcasting from the left: sizes agree or are 1.
 *   da += dy * b, db += dy * a, summed over the sizes that were broadcast */
#include "broadcast.h"

const P2cOp p2c_op_mul = {
    .id = P2C_OP_mul, .name = "mul", .shape = p2c_broadcast_shape, .keeps_x = true, .in_place = true
};

P2cNode *p2c_mul(P2cNode *a, P2cNode *b) { return p2c_node_binary(&p2c_op_mul, a, b, NULL, 0); }

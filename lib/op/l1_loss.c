/* l1_loss: y = mean |x - t|.
 *   x of any shape, t of the same or a scalar -> scalar
 *   dx += dy * sign(x - t) / count, dt -= the same */
#include "loss.h"

const P2cOp p2c_op_l1_loss = {
    .id = P2C_OP_l1_loss, .name = "l1_loss", .shape = p2c_loss_shape, .keeps_x = true
};

P2cNode *p2c_l1_loss(P2cNode *x, P2cNode *target) {
    return p2c_node_binary(&p2c_op_l1_loss, x, target, NULL, 0);
}

/* mse_loss: y = mean (x - t)^2.
 *   x of any shape, t of the same or a scalar -> scalar
 *   dx += dy * 2 (x - t) / count, dt -= the same */
#include "loss.h"

const P2cOp p2c_op_mse_loss = {
    .id = P2C_OP_mse_loss, .name = "mse_loss", .shape = p2c_loss_shape, .keeps_x = true
};

P2cNode *p2c_mse_loss(P2cNode *x, P2cNode *target) {
    return p2c_node_binary(&p2c_op_mse_loss, x, target, NULL, 0);
}

/* bce_with_logits: y = mean max(x,0) - x*t + log(1 + exp(-|x|)), the binary cross entropy of
 * sigmoid(x) against t in [0,1].
 *   x of any shape, t of the same or a scalar -> scalar
 *   dx += dy * (sigmoid(x) - t) / count; no gradient to t */
#include "loss.h"

const P2cOp p2c_op_bce_with_logits = { .id = P2C_OP_bce_with_logits,
                                       .name = "bce_with_logits",
                                       .shape = p2c_loss_shape,
                                       .keeps_x = true };

P2cNode *p2c_bce_with_logits(P2cNode *x, P2cNode *target) {
    return p2c_node_binary(&p2c_op_bce_with_logits, x, target, NULL, 0);
}

/* adam: one update of a parameter p and of its moments m, v in place, with L2 decay added to the
 * gradient g, t = the number of the update:
 *   g += decay*p   m = b1*m + (1-b1)*g   v = b2*v + (1-b2)*g^2
 *   p -= lr * (m / (1-b1^t)) / (sqrt(v / (1-b2^t)) + eps)
 * then p is clamped to the parameter's range.
 *   p, g, the rates from adam_begin, m, v -> scalar t; t NaN: p, m and v stay as they are
 * Kingma & Ba 2015; the decay is not decoupled, as in torch.optim.Adam. Nodes come from
 * p2c_minimize (minimize.c). */
#include "adam.h"
#include "update_shape.h"

static P2cStatus shape(P2cNode *node) {
    static const char *const kept[] = { "first moment", "second moment", NULL };
    return p2c_update_shape(node, P2C_ADAM_RATES, kept);
}

const P2cOp p2c_op_adam = { .id = P2C_OP_adam,
                            .name = "adam",
                            .shape = shape,
                            .writes = 1u << 0 | 1u << 3 | 1u << 4,
                            .blocks = true };

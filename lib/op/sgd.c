/* sgd: one update of a parameter p in place, with L2 decay added to the gradient g:
 *   g += decay*p     b = momentum*b + g     p -= lr*b
 * then p is clamped to the parameter's range; b, zero at first, is the parameter's momentum buffer.
 * p, g, the rates from sgd_begin (step NaN: p and b stay as they are), b -> scalar step.
 * Polyak 1964, in the form of torch.optim.SGD without dampening. Nodes come from p2c_minimize_sgd
 * (minimize.c). */
#include "sgd.h"
#include "update_shape.h"

static P2cStatus shape(P2cNode *node) {
    static const char *const kept[] = { "momentum", NULL };
    return p2c_update_shape(node, P2C_SGD_RATES, kept);
}

const P2cOp p2c_op_sgd = {
    .id = P2C_OP_sgd, .name = "sgd", .shape = shape, .writes = 1u << 0 | 1u << 3, .blocks = true
};

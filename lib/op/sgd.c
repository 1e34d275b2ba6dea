/* sgd: one update of a parameter p in place, with L2 decay added to the gradient g:
 *   g += decay*p     b = momentum*b + g     p -= lr*b
 * then p is clamped to the parameter's range; b, zero at first, is the parameter's momentum buffer.
 * p, g, the rates from sgd_begin (step NaN: p and b stay as they are), b -> scalar step.
 * Polyak 1964, in the form of torch.optim.SGD without dampening. Nodes come from p2c_minimize_sgd
 * (minimize.c). */
#include "sgd.h"

#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    if (!p2c_dims_equal(node->x[0]->dims, node->x[1]->dims))
        return p2c_node_fail(node, "parameter %s, gradient %s",
                             p2c_dims_text(node->x[0]->dims).text,
                             p2c_dims_text(node->x[1]->dims).text);
    if ((int)p2c_dims_count(node->x[2]->dims) != P2C_SGD_RATES)
        return p2c_node_fail(node, "expected rates (%d), got %s", P2C_SGD_RATES,
                             p2c_dims_text(node->x[2]->dims).text);
    if (!p2c_dims_equal(node->x[0]->dims, node->x[3]->dims))
        return p2c_node_fail(node, "parameter %s, momentum %s",
                             p2c_dims_text(node->x[0]->dims).text,
                             p2c_dims_text(node->x[3]->dims).text);
    node->dims = P2C_SCALAR;
    return P2C_OK;
}

const P2cOp p2c_op_sgd = {
    .id = P2C_OP_sgd, .name = "sgd", .shape = shape, .writes = 1u << 0 | 1u << 3, .blocks = true
};

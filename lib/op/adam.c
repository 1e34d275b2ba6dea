/* adam: one update of a parameter p in place, with L2 decay added to the gradient g, t = its
 * number:
 *   g += decay*p   m = b1*m + (1-b1)*g   v = b2*v + (1-b2)*g^2   p -= lr * (m / (1-b1^t)) / (sqrt(v
 *       / (1-b2^t)) + eps)
 * then p is clamped to the parameter's range.  p, g, the rates from adam_begin (t NaN: p stays as
 * it is) -> scalar t. Kingma & Ba 2015; the decay is not decoupled, as in torch.optim.Adam. Nodes
 * come from p2c_minimize (minimize.c). */
#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    if (!p2c_dims_equal(node->x[0]->dims, node->x[1]->dims))
        return p2c_node_fail(node, "parameter %s, gradient %s",
                             p2c_dims_text(node->x[0]->dims).text,
                             p2c_dims_text(node->x[1]->dims).text);
    if ((int)p2c_dims_count(node->x[2]->dims) != P2C_ADAM_RATES)
        return p2c_node_fail(node, "expected rates (%d), got %s", P2C_ADAM_RATES,
                             p2c_dims_text(node->x[2]->dims).text);
    node->dims = P2C_SCALAR;
    return P2C_OK;
}

const P2cOp p2c_op_adam = {
    .id = P2C_OP_adam, .name = "adam", .shape = shape, .updates = true, .blocks = true
};

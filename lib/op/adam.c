/* adam: one update of a parameter p and of its moments m, v in place, with L2 decay added to the
 * gradient g, t = the number of the update:
 *   g += decay*p   m = b1*m + (1-b1)*g   v = b2*v + (1-b2)*g^2
 *   p -= lr * (m / (1-b1^t)) / (sqrt(v / (1-b2^t)) + eps)
 * then p is clamped to the parameter's range.
 *   p, g, the rates from adam_begin, m, v -> scalar t; t NaN: p, m and v stay as they are
 * Kingma & Ba 2015; the decay is not decoupled, as in torch.optim.Adam. Nodes come from
 * p2c_minimize (minimize.c). */
#include "adam.h"
#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    static const struct {
        const char *name;
        int operand;
    } like_param[] = { { "gradient", 1 }, { "first moment", 3 }, { "second moment", 4 } };
    const P2cDims param = node->x[0]->dims;
    for (int i = 0; i < 3; i++) {
        const P2cDims x = node->x[like_param[i].operand]->dims;
        if (!p2c_dims_equal(param, x))
            return p2c_node_fail(node, "parameter %s, %s %s", p2c_dims_text(param).text,
                                 like_param[i].name, p2c_dims_text(x).text);
    }
    if ((int)p2c_dims_count(node->x[2]->dims) != P2C_ADAM_RATES)
        return p2c_node_fail(node, "expected rates (%d), got %s", P2C_ADAM_RATES,
                             p2c_dims_text(node->x[2]->dims).text);
    node->dims = P2C_SCALAR;
    return P2C_OK;
}

const P2cOp p2c_op_adam = { .id = P2C_OP_adam,
                            .name = "adam",
                            .shape = shape,
                            .writes = 1u << 0 | 1u << 3 | 1u << 4,
                            .blocks = true };

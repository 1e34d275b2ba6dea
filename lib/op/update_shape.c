/* update_shape.c: see update_shape.h. */
#include "update_shape.h"

P2cStatus p2c_update_begin_shape(P2cNode *node, int rates) {
    for (int k = 0; k < 2; k++)
        if (p2c_dims_count(node->x[k]->dims) != 1)
            return p2c_node_fail(node, "expected a scalar, got %s",
                                 p2c_dims_text(node->x[k]->dims).text);
    if (node->count == 3 && (int)p2c_dims_count(node->x[2]->dims) != rates)
        return p2c_node_fail(node, "expected (%d) of the one before, got %s", rates,
                             p2c_dims_text(node->x[2]->dims).text);
    node->dims = P2C_DIMS(rates);
    return P2C_OK;
}

static P2cStatus check_like_parameter(P2cNode *node, int operand, const char *name) {
    const P2cDims param = node->x[0]->dims, x = node->x[operand]->dims;
    if (p2c_dims_equal(param, x)) return P2C_OK;
    return p2c_node_fail(node, "parameter %s, %s %s", p2c_dims_text(param).text, name,
                         p2c_dims_text(x).text);
}

P2cStatus p2c_update_shape(P2cNode *node, int rates, const char *const kept[]) {
    P2cStatus status = check_like_parameter(node, 1, "gradient");
    for (int i = 0; !status && kept[i]; i++) status = check_like_parameter(node, 3 + i, kept[i]);
    if (status) return status;
    if ((int)p2c_dims_count(node->x[2]->dims) != rates)
        return p2c_node_fail(node, "expected rates (%d), got %s", rates,
                             p2c_dims_text(node->x[2]->dims).text);
    node->dims = P2C_SCALAR;
    return P2C_OK;
}

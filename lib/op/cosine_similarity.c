/* cosine_similarity: y[i] = x_i . t_i / (max(|x_i|, 1e-8) * max(|t_i|, 1e-8)), row by row.
 *   (n,d), (n,d) -> (n) */
#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    const P2cDims x = node->x[0]->dims, t = node->x[1]->dims;
    if (x.rank != 2 || !p2c_dims_equal(x, t))
        return p2c_node_fail(node, "expected two operands (n,d), got %s and %s",
                             p2c_dims_text(x).text, p2c_dims_text(t).text);
    node->dims = P2C_DIMS(x.d[0]);
    return P2C_OK;
}

const P2cOp p2c_op_cosine_similarity = {
    .id = P2C_OP_cosine_similarity, .name = "cosine_similarity", .shape = shape, .keeps_x = true
};

P2cNode *p2c_cosine_similarity(P2cNode *x, P2cNode *y) {
    return p2c_node_binary(&p2c_op_cosine_similarity, x, y, NULL, 0);
}

/* cross_entropy: y = mean over positions of sum_k t_k * (log(sum_j exp(x_j)) - x_k), k and j being
 * classes, axis 1: the cross entropy of softmax(x) against t.
 *   x (n,c), (n,c,w) or (n,c,h,w), c >= 2 -> scalar.  t of x's shape: probabilities of the classes;
 *   or with one value in place of c, the number of the class: t_k is 1 for it and 0 for the others.
 *   dx_k += dy / positions * (softmax(x)_k * sum_j t_j - t_k);  none to t
 * Keeps of each position, for backward: the largest x, the sum of exp(x - largest), the sum of
 * t. */
#include "graph/node.h"

static bool fits(P2cDims x, P2cDims t) {
    return t.d[0] == x.d[0] && (t.d[1] == x.d[1] || t.d[1] == 1) && t.d[2] == x.d[2] &&
           t.d[3] == x.d[3];
}

static P2cStatus shape(P2cNode *node) {
    const P2cDims x = node->x[0]->dims, t = node->x[1]->dims;
    if (x.rank < 2 || x.d[1] < 2)
        return p2c_node_fail(node,
                             "expected logits (n,c) or (n,c,h,w) of two classes or more, "
                             "got %s",
                             p2c_dims_text(x).text);
    if (!fits(x, t))
        return p2c_node_fail(node,
                             "logits have shape %s, target %s: expected the same, or 1 in place "
                             "of %d",
                             p2c_dims_text(x).text, p2c_dims_text(t).text, x.d[1]);
    node->dims = P2C_SCALAR;
    node->saved_bytes = 3 * p2c_dims_count(x) / (size_t)x.d[1] * sizeof(float);
    return P2C_OK;
}

const P2cOp p2c_op_cross_entropy = {
    .id = P2C_OP_cross_entropy, .name = "cross_entropy", .shape = shape, .keeps_x = true
};

P2cNode *p2c_cross_entropy(P2cNode *x, P2cNode *target) {
    return p2c_node_binary(&p2c_op_cross_entropy, x, target, NULL, 0);
}

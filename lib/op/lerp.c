/* lerp: y = (1-w) * a + w * b.
 *   a, b of one shape; w is broadcast from the left: sizes as theirs or 1 */
#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    const P2cDims a = node->x[0]->dims, b = node->x[1]->dims, w = node->x[2]->dims;
    if (!p2c_dims_equal(a, b))
        return p2c_node_fail(node, "expected two of one shape, got %s and %s",
                             p2c_dims_text(a).text, p2c_dims_text(b).text);
    for (int i = 0; i < 4; i++)
        if (w.d[i] != a.d[i] && w.d[i] != 1)
            return p2c_node_fail(node, "weight %s does not broadcast to %s", p2c_dims_text(w).text,
                                 p2c_dims_text(a).text);
    node->dims = a;
    return P2C_OK;
}

const P2cOp p2c_op_lerp = {
    .id = P2C_OP_lerp, .name = "lerp", .shape = shape, .keeps_x = true, .in_place = true
};

P2cNode *p2c_lerp(P2cNode *a, P2cNode *b, P2cNode *w) {
    return p2c_node_new(&p2c_op_lerp, 3, (P2cNode *[]){ a, b, w }, NULL, 0);
}

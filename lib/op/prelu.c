/* prelu: y = x > 0 ? x : slope[c] * x.   x (n,c,...)  slope (c), learnt.   He et al. 2015 */
#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    const P2cDims x = node->x[0]->dims, slope = node->x[1]->dims;
    if (x.rank < 2 || slope.rank != 1 || slope.d[0] != x.d[1])
        return p2c_node_fail(node, "input %s and slope %s: expected (n,c,...) and (c)",
                             p2c_dims_text(x).text, p2c_dims_text(slope).text);
    node->dims = x;
    return P2C_OK;
}

const P2cOp p2c_op_prelu = {
    .id = P2C_OP_prelu, .name = "prelu", .shape = shape, .keeps_x = true, .in_place = true
};

P2cNode *p2c_prelu(P2cNode *x, P2cNode *slope) {
    return p2c_node_binary(&p2c_op_prelu, x, slope, NULL, 0);
}

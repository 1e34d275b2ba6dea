/* sum: y = scale * (sum of all elements); scale 1 is the sum, 1/count the mean.
 *   any shape -> scalar   dx += scale * dy */
#include "sum.h"
#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    node->dims = P2C_SCALAR;
    return P2C_OK;
}

const P2cOp p2c_op_sum = { .id = P2C_OP_sum, .name = "sum", .shape = shape };

P2cNode *p2c_sum(P2cNode *x) {
    return p2c_node_unary(&p2c_op_sum, x, &(P2cScaleAttributes){ 1 }, sizeof(P2cScaleAttributes));
}

P2cNode *p2c_mean(P2cNode *x) {
    return x ? p2c_node_unary(&p2c_op_sum, x,
                              &(P2cScaleAttributes){ 1.0f / (float)p2c_dims_count(x->dims) },
                              sizeof(P2cScaleAttributes))
             : NULL;
}

/* pow: y = x^exponent, one number for all elements.  x of any shape.
 *   dx += dy * exponent * x^(exponent-1); 0 if the exponent is 0 */
#include "pow.h"
#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    node->dims = node->x[0]->dims;
    return P2C_OK;
}

const P2cOp p2c_op_pow = {
    .id = P2C_OP_pow, .name = "pow", .shape = shape, .keeps_x = true, .in_place = true
};

P2cNode *p2c_pow(P2cNode *x, float exponent) {
    return p2c_node_unary(&p2c_op_pow, x, &(P2cExponentAttributes){ exponent },
                          sizeof(P2cExponentAttributes));
}

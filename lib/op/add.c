/* add: y = a + b, broadcasting from the left: sizes agree or are 1.
 *   da += dy, db += dy, summed over the sizes that were broadcast
 * Fused, nothing is broadcast: y = a + concat(b, c, ...) along channels, or y = a +
 * upsample_nearest(b). */
#include "add.h"
#include "broadcast.h"

static P2cStatus shape(P2cNode *node) {
    const P2cAddAttributes *a = P2C_ATTRIBUTES(node, P2cAddAttributes);
    if (!a->joined && a->upsample <= 1) return p2c_broadcast_shape(node);
    node->dims = node->x[0]->dims;
    return P2C_OK;
}

const P2cOp p2c_op_add = { .id = P2C_OP_add, .name = "add", .shape = shape, .in_place = true };

P2cNode *p2c_add(P2cNode *a, P2cNode *b) { return p2c_node_binary(&p2c_op_add, a, b, NULL, 0); }

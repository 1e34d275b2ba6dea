/* matmul: y = a b, products of matrices, which are the last two axes; those before are batches, of
 * sizes that agree or are 1.
 * a (m,k)  b (k,n)  ->  y (m,n), or (c,m,k) (c,k,n), or (n,c,m,k) (n,c,k,n').
 *   da += dy b^T, db += a^T dy, summed over the batches that were broadcast */
#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    const P2cDims a = node->x[0]->dims, b = node->x[1]->dims;
    int batches = a.rank - 2;
    bool fits = a.rank == b.rank && batches >= 0 && a.d[batches + 1] == b.d[batches];
    node->dims = a;
    for (int i = 0; fits && i < batches; i++) {
        fits = a.d[i] == b.d[i] || a.d[i] == 1 || b.d[i] == 1;
        node->dims.d[i] = a.d[i] > b.d[i] ? a.d[i] : b.d[i];
    }
    if (!fits)
        return p2c_node_fail(node,
                             "expected matrices (m,k) and (k,n) behind batches whose sizes agree "
                             "or are 1, got %s and %s",
                             p2c_dims_text(a).text, p2c_dims_text(b).text);
    node->dims.d[batches + 1] = b.d[batches + 1];
    return P2C_OK;
}

const P2cOp p2c_op_matmul = {
    .id = P2C_OP_matmul, .name = "matmul", .shape = shape, .keeps_x = true
};

P2cNode *p2c_matmul(P2cNode *a, P2cNode *b) {
    return p2c_node_binary(&p2c_op_matmul, a, b, NULL, 0);
}

/* dropout: y = x / (1 - rate) where an element is kept, which it is with probability 1 - rate; else
 * 0.   dx += dy / (1 - rate) where it was kept
 * Which are kept is drawn from a Philox stream of the store's seed, the scope's name and the number
 * of the dropout below it in this graph; *step enters it anew in every run. Keeps *step as it was.
 * Srivastava et al. 2014, in the form of section 10: nothing is scaled at evaluation. */
#include "dropout.h"

#include <stdio.h>

#include "graph/node.h"
#include "graph/params.h"

static P2cStatus shape(P2cNode *node) {
    float rate = P2C_ATTRIBUTES(node, P2cDropoutAttributes)->rate;
    if (!(rate >= 0 && rate < 1))
        return p2c_node_fail(node, "expected a rate in [0,1), got %g", rate);
    node->dims = node->x[0]->dims;
    node->saved_bytes = sizeof(int64_t);
    return P2C_OK;
}

const P2cOp p2c_op_dropout = {
    .id = P2C_OP_dropout, .name = "dropout", .shape = shape, .in_place = true
};

static bool is_taken(const P2cGraph *graph, uint64_t key) {
    for (int i = 0; i < p2c_graph_node_count(graph); i++) {
        P2cNode *node = p2c_graph_node(graph, i);
        if (node->op == &p2c_op_dropout && P2C_ATTRIBUTES(node, P2cDropoutAttributes)->key == key)
            return true;
    }
    return false;
}

/* That of the first dropout below the scope that the graph does not have yet. */
static uint64_t key_of(P2cNet net) {
    char name[sizeof net.prefix + 24];
    uint64_t key;
    int i = 0;
    do {
        snprintf(name, sizeof name, "%s.dropout%d", net.prefix, i++);
        key = p2c_rng_key(net.store->seed, name);
    } while (is_taken(net.graph, key));
    return key;
}

P2cNode *p2c_dropout(P2cNet net, P2cNode *x, float rate, const int64_t *step) {
    if (!step || !x) return x;
    P2cDropoutAttributes attributes = { key_of(net), step, rate };
    return p2c_node_unary(&p2c_op_dropout, x, &attributes, sizeof attributes);
}

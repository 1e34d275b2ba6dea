/* average: a running average in place: a += (1 - *decay) * (x - a).
 *   a, x of one shape -> scalar 0
 * Polyak & Juditsky 1992; of a generator's weights: Karras et al. 2018, section 5. No gradient. */
#include <math.h>

#include "average.h"
#include "graph/node.h"
#include "graph/params.h"

static P2cStatus shape(P2cNode *node) {
    if (!p2c_dims_equal(node->x[0]->dims, node->x[1]->dims))
        return p2c_node_fail(node, "average %s, of %s", p2c_dims_text(node->x[0]->dims).text,
                             p2c_dims_text(node->x[1]->dims).text);
    node->dims = P2C_SCALAR;
    return P2C_OK;
}

const P2cOp p2c_op_average = {
    .id = P2C_OP_average, .name = "average", .shape = shape, .writes = 1u << 0, .blocks = true
};

void p2c_average(P2cNet average, P2cNet net, const double *decay) {
    P2cGraph *graph = net.graph;
    for (int i = 0, count = p2c_graph_node_count(graph); i < count; i++) {
        P2cNode *node = p2c_graph_node(graph, i);
        const P2cParam *param = p2c_node_param(node);
        const char *leaf = param ? p2c_name_below(param->name, net.prefix) : NULL;
        if (!leaf) continue;
        P2cNode *twin = p2c_param(average, leaf, param->dims, P2C_BUFFER(0));
        p2c_node_binary(&p2c_op_average, twin, node, &(P2cAverageAttributes){ decay },
                        sizeof(P2cAverageAttributes));
    }
}

double p2c_average_decay(double most, int64_t updates) {
    return fmin(most, (1 + (double)updates) / (10 + (double)updates));
}

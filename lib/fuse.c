/* fuse.c: patterns of nodes that one kernel computes in one pass. Graph authors write plain operations; here the pairs of
 * the table become one node. This happens before differentiation, so that a pattern needs no twin for the backward pass:
 * the gradient of the fused node is its own kernel's business.
 *
 * To add a pattern: one line in the table, and a function that folds one of the two into the other when attributes allow. */
#include <stdlib.h>

#include "graph.h"

/* y = relu(norm(x)): the norm does it all, and stands for the relu. */
static bool norm_relu(P2cNode *norm, P2cNode *relu) {
    P2cNormAttributes *a = P2C_ATTRIBUTES(norm, P2cNormAttributes);
    if (a->relu || P2C_ATTRIBUTES(relu, P2cSlopeAttributes)->slope != 0) return false;
    relu->state->fused_into = norm;
    return a->relu = true;
}

/* y = conv(norm(x)): the convolution reads x and norms what it reads. Once all who read the norm do that, it is needed no more, and the
 * normed map never exists. */
static bool norm_conv(P2cNode *norm, P2cNode *conv) {
    P2cConvAttributes *a = P2C_ATTRIBUTES(conv, P2cConvAttributes);
    a->normed = true;
    a->norm = *P2C_ATTRIBUTES(norm, P2cNormAttributes);
    conv->x[0] = norm->x[0];
    return conv->op->shape(conv) == P2C_OK; /* sizes are as before; what is kept has changed */
}

static const struct Pattern {
    const P2cOp *first, *second; /* second's first operand is first's result */
    bool (*fold)(P2cNode *first, P2cNode *second);
    int readers; /* at most so many nodes read first's result, all of them such seconds: each does first's work anew */
} patterns[] = {
    { &p2c_op_instance_norm, &p2c_op_relu, norm_relu, 1 },
    { &p2c_op_layer_instance_norm, &p2c_op_relu, norm_relu, 1 },
    { &p2c_op_instance_norm, &p2c_op_conv2d, norm_conv, 2 },
};

static P2cNode *resolved(P2cNode *node) {
    while (node && node->state->fused_into) node = node->state->fused_into;
    return node;
}

/* How often each node's value is asked for: by operations, by the caller, by a gradient; and how often by a convolution, as what it convolves. */
typedef struct Uses { int all, by_conv; } Uses;

static Uses *count_uses(const P2cGraph *graph) {
    Uses *uses = calloc((size_t)graph->node_count + 1, sizeof *uses);
    for (int i = 0; uses && i < graph->node_count; i++) {
        const P2cNode *node = graph->nodes[i];
        for (int k = 0; k < node->count; k++) uses[node->x[k]->state->id].all++;
        if (node->op == &p2c_op_conv2d) uses[node->x[0]->state->id].by_conv++;
        if (node->state->is_output) uses[i].all++;
        if (node->state->gradient_of) uses[node->state->gradient_of->state->id].all++;
        if (node->state->loss) uses[node->state->loss->state->id].all++;
    }
    return uses;
}

static bool readers_fit(const struct Pattern *pattern, Uses uses) {
    return uses.all == 1 || (uses.all <= pattern->readers && uses.all == uses.by_conv);
}

static void try_patterns(P2cNode *node, Uses uses[]) {
    P2cNode *first = node->x[0];
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        const struct Pattern *p = &patterns[i];
        if (p->second != node->op || p->first != first->op || !readers_fit(p, uses[first->state->id]) || !p->fold(first, node)) continue;
        if (node->state->fused_into) uses[first->state->id] = uses[node->state->id]; /* whoever asked for the second now asks for the first */
        return;
    }
}

void p2c_fuse(P2cGraph *graph) {
    Uses *uses = count_uses(graph);
    for (int i = 0; uses && i < graph->node_count; i++) {
        P2cNode *node = graph->nodes[i];
        for (int k = 0; k < node->count; k++) node->x[k] = resolved(node->x[k]);
        node->state->loss = resolved(node->state->loss);
        node->state->gradient_of = resolved(node->state->gradient_of);
        if (node->op && node->count) try_patterns(node, uses);
    }
    free(uses); /* without memory for the counts nothing is fused: slower, not wrong */
}

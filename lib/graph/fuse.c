/* fuse.c: patterns of nodes that one kernel computes in one pass. Graph authors write plain
 * operations; here the pairs of the table become one node. This happens before differentiation, so
 * that a pattern needs no twin for the backward pass: the gradient of the fused node is its own
 * kernel's business.
 *
 * A norm takes over the ReLU after it, on every device. A convolution or a linear layer does so if
 * its kernel offers it (P2cKernel.folds). The other patterns need the second kernel's offer: it
 * then reads the operands of the first node and does its work, too.
 *
 * To add a pattern, add a line to the table, and a function that folds one of the two nodes into
 * the other if their attributes allow it. */
#include <stdlib.h>
#include <string.h>

#include "graph.h"
#include "op/add.h"
#include "op/axis.h"
#include "op/conv2d.h"
#include "op/factor.h"
#include "op/linear.h"
#include "op/relu.h"

/* y = relu(norm(x)): the norm computes both. */
static bool norm_relu(P2cNode *norm, P2cNode *relu, int k) {
    (void)k;
    P2cNormAttributes *a = P2C_ATTRIBUTES(norm, P2cNormAttributes);
    if (a->relu || P2C_ATTRIBUTES(relu, P2cSlopeAttributes)->slope != 0) return false;
    relu->state->fused_into = norm;
    return a->relu = true;
}

/* y = relu(conv(x)): the convolution applies the relu as it stores its result. Backward sees from y
 * where the relu let values through. */
static bool fold_activation(P2cNode *first, P2cNode *relu, P2cActivation *a) {
    if (a->on) return false;
    *a = (P2cActivation){ true, P2C_ATTRIBUTES(relu, P2cSlopeAttributes)->slope };
    relu->state->fused_into = first;
    return first->keeps_y = true;
}

static bool conv_relu(P2cNode *conv, P2cNode *relu, int k) {
    (void)k;
    return fold_activation(conv, relu, &P2C_ATTRIBUTES(conv, P2cConvAttributes)->activation);
}

static bool linear_relu(P2cNode *linear, P2cNode *relu, int k) {
    (void)k;
    return fold_activation(linear, relu, &P2C_ATTRIBUTES(linear, P2cLinearAttributes)->activation);
}

/* y = conv(norm(x)): the convolution reads x and normalises what it reads. If all readers of the
 * norm do that, nobody needs the norm, and the normalised map never exists. */
static bool norm_conv(P2cNode *norm, P2cNode *conv, int k) {
    P2cConvAttributes *a = P2C_ATTRIBUTES(conv, P2cConvAttributes);
    if (a->normalised) return false;
    a->normalised = true;
    a->norm = *P2C_ATTRIBUTES(norm, P2cNormAttributes);
    conv->x[k] = norm->x[0];
    return conv->op->shape(conv) == P2C_OK; /* dims stay; saved_bytes changes */
}

/* y = conv(upsample(x)): the convolution reads x repeated. A norm before or after the upsampling
 * makes no difference: both give the same result. */
static bool upsample_conv(P2cNode *upsample, P2cNode *conv, int k) {
    P2cConvAttributes *a = P2C_ATTRIBUTES(conv, P2cConvAttributes);
    if (a->upsample) return false;
    a->upsample = P2C_ATTRIBUTES(upsample, P2cFactorAttributes)->factor;
    conv->x[k] = upsample->x[0];
    return conv->op->shape(conv) == P2C_OK;
}

/* The other operand of an addition if operand k may be folded, that is if nothing is broadcast or
 * folded yet; else NULL. */
static P2cNode *other_operand(const P2cNode *add, int k) {
    const P2cAddAttributes *a = P2C_ATTRIBUTES(add, P2cAddAttributes);
    return a->joined || a->upsample || !p2c_dims_equal(add->x[0]->dims, add->x[1]->dims)
               ? NULL
               : add->x[1 - k];
}

/* y = x + upsample(small): reads small repeated. */
static bool upsample_add(P2cNode *upsample, P2cNode *add, int k) {
    P2cNode *x = other_operand(add, k);
    if (!x) return false;
    P2C_ATTRIBUTES(add, P2cAddAttributes)->upsample =
        P2C_ATTRIBUTES(upsample, P2cFactorAttributes)->factor;
    add->x[0] = x;
    add->x[1] = upsample->x[0];
    return true;
}

/* y = x + concat(a, b, ...) of channels: reads a, b, ... where they are. */
static bool concat_add(P2cNode *concat, P2cNode *add, int k) {
    P2cNode *x = other_operand(add, k);
    if (!x || P2C_ATTRIBUTES(concat, P2cAxisAttributes)->axis != 1 ||
        concat->count >= P2C_MAX_OPERANDS)
        return false;
    P2C_ATTRIBUTES(add, P2cAddAttributes)->joined = true;
    add->x[0] = x;
    memcpy(add->x + 1, concat->x, (size_t)concat->count * sizeof *concat->x);
    add->count = 1 + concat->count;
    return true;
}

static const struct Pattern {
    const P2cOp *first, *second; /* second's first operand is first's result */
    bool (*fold)(P2cNode *first, P2cNode *second, int k); /* k: which operand it is */
    /* The most readers that first may have. More than one must all be such seconds: each repeats
     * first's work. */
    int readers;
    bool either; /* first's result may be second's other operand as well */
    /* what second's kernel must offer in order to do first's work; 0: first does second's */
    unsigned folds;
    unsigned takes; /* what first's kernel must offer in order to do second's work */
} patterns[] = {
    { &p2c_op_instance_norm, &p2c_op_relu, norm_relu, .readers = 1 },
    { &p2c_op_layer_instance_norm, &p2c_op_relu, norm_relu, .readers = 1 },
    { &p2c_op_conv2d, &p2c_op_relu, conv_relu, .readers = 1, .takes = P2C_FOLD_ACTIVATION },
    { &p2c_op_linear, &p2c_op_relu, linear_relu, .readers = 1, .takes = P2C_FOLD_ACTIVATION },
    { &p2c_op_instance_norm, &p2c_op_conv2d, norm_conv, .readers = 2, .folds = P2C_FOLD_NORM },
    { &p2c_op_upsample_nearest, &p2c_op_conv2d, upsample_conv, .readers = 1,
      .folds = P2C_FOLD_UPSAMPLE },
    { &p2c_op_upsample_nearest, &p2c_op_add, upsample_add, .readers = 1, .either = true,
      .folds = P2C_FOLD_UPSAMPLE },
    { &p2c_op_concat, &p2c_op_add, concat_add, .readers = 1, .either = true,
      .folds = P2C_FOLD_CONCAT },
};

static P2cNode *fused_node(P2cNode *node) {
    while (node && node->state->fused_into) node = node->state->fused_into;
    return node;
}

/* How often each node's value is used: by operations, by the caller, by a gradient; and how often
 * as the input of a convolution. */
typedef struct Uses {
    int all, by_conv;
} Uses;

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

/* The second node runs later than the first. Operands of the first that are parameters may have
 * been updated by then. */
static bool reads_parameters(const P2cNode *node) {
    for (int k = 0; k < node->count; k++) {
        const P2cNode *x = node->x[k];
        while (x->op && x->op->view) x = x->x[0];
        if (x->state->leaf == P2C_LEAF_PARAM) return true;
    }
    return false;
}

static bool pattern_fits(const struct Pattern *p, const P2cNode *node, int k, const Uses uses[]) {
    const P2cNode *first = node->x[k];
    if (p->second != node->op || p->first != first->op || !readers_fit(p, uses[first->state->id]))
        return false;
    const P2cKernel *const *kernels = node->state->graph->ctx->device->kernels;
    if (p->takes & ~kernels[first->op->id]->folds) return false;
    return !p->folds || ((p->folds & kernels[node->op->id]->folds) && !reads_parameters(first));
}

/* Folds one pattern that ends with `node`, if any does. */
static bool try_patterns(P2cNode *node, Uses uses[]) {
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        const struct Pattern *p = &patterns[i];
        for (int k = 0; k <= (p->either && node->count > 1); k++) {
            P2cNode *first = node->x[k];
            if (!pattern_fits(p, node, k, uses) || !p->fold(first, node, k)) continue;
            /* the readers of the second now read the first */
            if (node->state->fused_into) uses[first->state->id] = uses[node->state->id];
            return true;
        }
    }
    return false;
}

void p2c_fuse(P2cGraph *graph) {
    Uses *uses = count_uses(graph);
    for (int i = 0; uses && i < graph->node_count; i++) {
        P2cNode *node = graph->nodes[i];
        for (int k = 0; k < node->count; k++) node->x[k] = fused_node(node->x[k]);
        node->state->loss = fused_node(node->state->loss);
        node->state->gradient_of = fused_node(node->state->gradient_of);
        while (node->op && node->count && !node->state->fused_into && try_patterns(node, uses))
            continue;
    }
    free(uses); /* without memory for the counts nothing is fused: slower, not wrong */
}

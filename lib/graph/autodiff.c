/* autodiff.c: reverse-mode differentiation, and the expansion of nodes into steps.
 *
 * p2c_backward puts a marker into the order of nodes and one leaf per wanted gradient. At finish,
 * every needed node becomes one forward step; a marker becomes the backward steps of the nodes
 * between its loss and its targets, and of no others: networks that are only passed through get no
 * weight gradients. A gradient starts as zero where the first contribution arrives, and every
 * backward kernel adds to it; a gradient that accumulates over several losses starts as the earlier
 * one. */
#include <stdlib.h>
#include <string.h>

#include "graph.h"

/* ---- building -------------------------------------------------------------------------------- */

/* Marks the nodes with id <= loss from which a gradient of the loss can come. */
static void mark_ancestors(const P2cNode *loss, bool reach[]) {
    const P2cGraph *graph = loss->state->graph;
    reach[loss->state->id] = true;
    for (int i = loss->state->id; i >= 0; i--) {
        const P2cNode *node = graph->nodes[i];
        if (!reach[i] || !node->op || node->op->blocks) continue;
        for (int k = 0; k < node->count; k++) reach[node->x[k]->state->id] = true;
    }
}

static bool *new_flags(P2cGraph *graph) {
    bool *flags = calloc((size_t)graph->node_count + 1, sizeof *flags);
    if (!flags) p2c_graph_fail(graph, P2C_ERR_MEMORY, "out of memory while differentiating");
    return flags;
}

static P2cNode *marker_new(P2cNode *loss) {
    P2cGraph *graph = loss->state->graph;
    if (p2c_dims_count(loss->dims) != 1) {
        p2c_graph_fail(graph, P2C_ERR_SHAPE, "backward: the loss has shape %s, expected a scalar",
                       p2c_dims_text(loss->dims).text);
        return NULL;
    }
    P2cNode *marker = p2c_leaf_new(graph, P2C_LEAF_BACKWARD, NULL, P2C_SCALAR);
    if (marker) marker->state->loss = loss;
    return marker;
}

P2cNode *p2c_gradient_new(P2cNode *marker, P2cNode *of) {
    P2cNode *gradient = p2c_leaf_new(marker->state->graph, P2C_LEAF_GRADIENT, NULL, of->dims);
    if (!gradient) return NULL;
    gradient->state->backward = marker;
    gradient->state->gradient_of = of;
    return gradient;
}

P2cNode *p2c_backward_new(P2cNode *loss, int count, P2cNode *const of[], P2cNode *grads[]) {
    memset(grads, 0, (size_t)count * sizeof *grads);
    if (!loss || loss->state->graph->status != P2C_OK) return NULL;
    bool *reach = new_flags(loss->state->graph);
    P2cNode *marker = reach ? marker_new(loss) : NULL;
    if (reach) mark_ancestors(loss, reach);
    for (int i = 0; marker && i < count; i++)
        if (of[i] && of[i]->state->id <= loss->state->id && reach[of[i]->state->id])
            grads[i] = p2c_gradient_new(marker, of[i]);
    free(reach);
    return marker;
}

void p2c_backward(P2cNode *loss, int count, P2cNode *const of[], P2cNode *grads[]) {
    p2c_backward_new(loss, count, of, grads);
}

/* ---- expansion: what is needed --------------------------------------------------------------- */

static void mark_node(P2cNode *node) {
    if (node) node->state->is_needed = true;
}

/* Everything refers to earlier nodes only, so one pass from the end finds all that outputs and
 * updates need. */
static void mark_needed(P2cGraph *graph) {
    for (int i = graph->node_count - 1; i >= 0; i--) {
        P2cNode *node = graph->nodes[i];
        P2cNodeState *s = node->state;
        if (s->is_output || (node->op && (node->op->writes || node->op->side_effect)))
            mark_node(node);
        if (!s->is_needed) continue;
        mark_node(s->fused_into);
        mark_node(s->backward);
        mark_node(s->gradient_of);
        mark_node(s->loss);
        if (s->leaf == P2C_LEAF_GRADIENT) mark_node(s->earlier);
        for (int k = 0; k < node->count; k++) mark_node(node->x[k]);
    }
}

/* A norm begins with the mean and the variance of each plane of its operand. If the kernel that
 * computes the operand offers these statistics, it is asked for them. */
static void ask_for_statistics(P2cGraph *graph) {
    for (int i = 0; i < graph->node_count; i++) {
        const P2cNode *node = graph->nodes[i];
        if (!node->state->is_needed || !p2c_reads_statistics(node)) continue;
        P2cNode *x = node->x[0];
        if (x->op && !x->op->view && graph->ctx->device->kernels[x->op->id]->statistics)
            x->makes_statistics = true;
    }
}

/* ---- expansion: steps ------------------------------------------------------------------------ */

static size_t value_bytes(const P2cNode *node) {
    return p2c_dims_count(node->dims) * sizeof(float);
}

/* Of the planes of y: (mean, variance) each. */
static size_t statistics_bytes(const P2cNode *node) {
    return (size_t)node->dims.d[0] * (size_t)node->dims.d[1] * 2 * sizeof(float);
}

static P2cStatus emit_forward(P2cGraph *graph, P2cNode *node) {
    P2cNodeState *s = node->state;
    if (!(s->buffer = p2c_buffer_new(graph, value_bytes(node)))) return graph->status;
    if (node->op->view) {
        s->buffer->same = node->x[0]->state->buffer;
        return P2C_OK;
    }
    if (node->saved_bytes && !(s->saved = p2c_buffer_new(graph, node->saved_bytes)))
        return graph->status;
    if (node->makes_statistics && !(s->statistics = p2c_buffer_new(graph, statistics_bytes(node))))
        return graph->status;
    return p2c_step_forward(graph, node);
}

static P2cStatus emit_leaf(P2cGraph *graph, P2cNode *node) {
    P2cNodeState *s = node->state;
    if (!(s->buffer = p2c_buffer_new(graph, value_bytes(node)))) return graph->status;
    s->buffer->memory = s->memory;
    s->buffer->pinned = !s->memory;
    return P2C_OK;
}

static P2cStatus emit_fill(P2cGraph *graph, P2cNode *node, float value) {
    P2cNodeState *s = node->state;
    if (!(s->gradient = p2c_buffer_new(graph, value_bytes(node)))) return graph->status;
    return p2c_step_fill(graph, node, value);
}

static bool wanted_by(const P2cNode *gradient, const P2cNode *marker) {
    return gradient->state->is_needed && gradient->state->backward == marker;
}

/* Gradients that accumulate go on from those of an earlier marker and are not filled again. */
static void take_earlier_gradients(P2cGraph *graph, const P2cNode *marker) {
    for (int i = marker->state->id + 1; i < graph->node_count; i++) {
        const P2cNodeState *leaf = graph->nodes[i]->state;
        if (wanted_by(graph->nodes[i], marker) && leaf->earlier)
            leaf->gradient_of->state->gradient = leaf->earlier->state->buffer;
    }
}

static bool is_twice_operand(const P2cNode *node, int k) {
    for (int i = 0; i < node->count; i++)
        if (i != k && node->x[i] == node->x[k]) return true;
    return false;
}

/* The gradient of operand k. If there is none yet, a new one: empty for a kernel that overwrites
 * it, else full of zeros. */
static P2cStatus gradient_of_operand(P2cGraph *graph, P2cNode *node, int k, unsigned *overwrite) {
    P2cNode *x = node->x[k];
    if (x->state->gradient) return P2C_OK;
    if (!graph->ctx->device->kernels[node->op->id]->overwrite || is_twice_operand(node, k))
        return emit_fill(graph, x, 0);
    *overwrite |= 1u << k;
    return (x->state->gradient = p2c_buffer_new(graph, value_bytes(x))) ? P2C_OK : graph->status;
}

static P2cStatus emit_backward(P2cGraph *graph, P2cNode *node, const bool active[]) {
    const P2cOp *op = node->op;
    if (op->blocks) return P2C_OK;
    if (!graph->ctx->device->kernels[op->id]->backward)
        return p2c_graph_fail(graph, P2C_ERR_ARGUMENT, "%s has no gradient on %s", op->name,
                              graph->ctx->device->name);
    P2cBuffer *dx[P2C_MAX_OPERANDS] = { 0 };
    unsigned overwrite = 0;
    bool any = false;
    for (int k = 0; k < node->count; k++) {
        if (!active[node->x[k]->state->id]) continue;
        if (gradient_of_operand(graph, node, k, &overwrite) != P2C_OK) return graph->status;
        dx[k] = node->x[k]->state->gradient;
        any = true;
    }
    return any ? p2c_step_backward(graph, node, dx, overwrite) : P2C_OK;
}

/* active: the nodes between the targets of `marker` and its loss. */
static void mark_active(P2cGraph *graph, const P2cNode *marker, bool active[], bool reach[]) {
    const P2cNode *loss = marker->state->loss;
    mark_ancestors(loss, reach);
    for (int i = marker->state->id + 1; i < graph->node_count; i++)
        if (wanted_by(graph->nodes[i], marker))
            active[graph->nodes[i]->state->gradient_of->state->id] = true;
    for (int i = 0; i <= loss->state->id; i++) {
        const P2cNode *node = graph->nodes[i];
        bool through = node->op && !node->op->blocks;
        for (int k = 0; through && k < node->count; k++) active[i] |= active[node->x[k]->state->id];
        active[i] &= reach[i];
    }
}

/* Hands the gradients to their leaves and clears them for the next marker. */
static P2cStatus collect_gradients(P2cGraph *graph, const P2cNode *marker) {
    for (int i = marker->state->id + 1; i < graph->node_count; i++) {
        P2cNode *leaf = graph->nodes[i];
        if (!wanted_by(leaf, marker)) continue;
        P2cNode *of = leaf->state->gradient_of;
        if (!of->state->gradient && emit_fill(graph, of, 0) != P2C_OK) return graph->status;
        leaf->state->buffer = of->state->gradient;
    }
    for (int i = 0; i < marker->state->id; i++) graph->nodes[i]->state->gradient = NULL;
    return P2C_OK;
}

/* For each node the id of the last one before `marker` that writes into it; -1: none. */
static void find_updates(const P2cGraph *graph, const P2cNode *marker, int updated[]) {
    for (int i = 0; i < marker->state->id; i++) {
        const P2cNode *node = graph->nodes[i];
        updated[i] = -1;
        for (int k = 0; node->op && k < node->count; k++)
            if (node->op->writes >> k & 1) updated[node->x[k]->state->id] = i;
    }
}

/* Gradients through values of one network and weights of the next would be those of neither:
 * refuses where a backward step reads a parameter that changes between its node and `marker`.
 * Operations that write what they read themselves (spectral_norm, batch_norm_train) save the values
 * that backward needs. */
static P2cStatus check_stale(P2cGraph *graph, const P2cNode *marker, const bool active[]) {
    int *updated = malloc(((size_t)marker->state->id + 1) * sizeof *updated);
    if (!updated)
        return p2c_graph_fail(graph, P2C_ERR_MEMORY, "out of memory while differentiating");
    find_updates(graph, marker, updated);
    for (int i = 0; i < marker->state->id; i++) {
        const P2cNode *node = graph->nodes[i];
        for (int k = 0; active[i] && node->op && node->op->keeps_x && k < node->count; k++)
            if (updated[node->x[k]->state->id] > i && !(node->op->writes >> k & 1))
                p2c_graph_fail(graph, P2C_ERR_ARGUMENT,
                               "backward: %s is updated between its use and this backward pass; "
                               "build the network anew after the update",
                               node->x[k]->state->name);
    }
    free(updated);
    return graph->status;
}

static P2cStatus expand_backward(P2cGraph *graph, P2cNode *marker) {
    P2cNode *loss = marker->state->loss;
    bool *active = new_flags(graph), *reach = new_flags(graph);
    P2cStatus status = active && reach ? P2C_OK : graph->status;
    if (status == P2C_OK) {
        mark_active(graph, marker, active, reach);
        status = check_stale(graph, marker, active);
        take_earlier_gradients(graph, marker);
        if (status == P2C_OK && active[loss->state->id]) status = emit_fill(graph, loss, 1);
    }
    for (int i = loss->state->id; i >= 0 && status == P2C_OK; i--)
        if (active[i] && graph->nodes[i]->op && graph->nodes[i]->state->gradient)
            status = emit_backward(graph, graph->nodes[i], active);
    if (status == P2C_OK) status = collect_gradients(graph, marker);
    free(active);
    free(reach);
    return status;
}

P2cStatus p2c_expand(P2cGraph *graph) {
    mark_needed(graph);
    ask_for_statistics(graph);
    for (int i = 0; i < graph->node_count && graph->status == P2C_OK; i++) {
        P2cNode *node = graph->nodes[i];
        if (!node->state->is_needed || node->state->fused_into) continue;
        if (node->op) emit_forward(graph, node);
        else if (node->state->leaf == P2C_LEAF_BACKWARD) expand_backward(graph, node);
        else if (node->state->leaf != P2C_LEAF_GRADIENT) emit_leaf(graph, node);
    }
    return graph->status;
}

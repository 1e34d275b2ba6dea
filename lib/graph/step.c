/* step.c: steps, each with the list of the buffers that it touches.
 *
 *              reads                                   writes
 *   forward    all operands; norms: statistics of      the result, saved values, statistics of the
 *              operand 0                               result; operands that the operation updates
 *   backward   dy, saved values; operands and result   gradients of operands; it reads them, too,
 *              if the operation declares it; norms:    unless it overwrites them
 *              statistics of operand 0
 *   fill                                               a gradient
 *
 * Forward and backward also write scratch. The other files use only this list: the plan finds
 * lifetimes by it and fills the kernel's call from it, the schedule finds dependencies, the profile
 * counts bytes. A pointer of the call whose buffer is not in the list is NULL. */
#include <assert.h>
#include <stddef.h>

#include "graph.h"
#include "op/conv2d.h"

enum { READS = 1, WRITES = 2 };
#define SLOT(field) offsetof(P2cCall, field)

/* The slot of operand k in one of the call's arrays of pointers. */
static size_t slot_of_operand(size_t array, int k) { return array + (size_t)k * sizeof(float *); }

/* Does nothing if there is no buffer. */
static void touch_buffer(P2cStep *step, P2cBuffer *buffer, size_t slot, unsigned access) {
    if (!buffer) return;
    assert(step->touched_count < P2C_MOST_TOUCHED);
    step->touched[step->touched_count++] = (P2cTouch){
        .buffer = buffer, .slot = slot, .reads = access & READS, .writes = access & WRITES
    };
}

/* NULL: memory is out, and the graph has failed. */
static P2cStep *step_new(P2cGraph *graph, P2cStepKind kind, P2cNode *node) {
    if (!p2c_grow(&graph->steps, graph->step_count, &graph->step_capacity, sizeof *graph->steps)) {
        p2c_graph_fail(graph, P2C_ERR_MEMORY, "out of memory while planning");
        return NULL;
    }
    P2cStep *step = &graph->steps[graph->step_count++];
    *step = (P2cStep){ .kind = kind, .node = node };
    return step;
}

static P2cStatus touch_scratch(P2cGraph *graph, P2cStep *step) {
    const P2cKernel *kernel = graph->ctx->device->kernels[step->node->op->id];
    bool backward = step->kind == P2C_STEP_BACKWARD;
    size_t bytes = kernel->work ? kernel->work(step->node, backward, graph->ctx->threads) : 0;
    P2cBuffer *work = bytes ? p2c_buffer_new(graph, bytes) : NULL;
    touch_buffer(step, work, SLOT(work), WRITES);
    return graph->status;
}

bool p2c_reads_statistics(const P2cNode *node) {
    return node->op == &p2c_op_instance_norm || node->op == &p2c_op_layer_instance_norm ||
           (node->op == &p2c_op_conv2d && P2C_ATTRIBUTES(node, P2cConvAttributes)->normalised);
}

static void touch_x_statistics(P2cStep *step) {
    if (p2c_reads_statistics(step->node))
        touch_buffer(step, step->node->x[0]->state->statistics, SLOT(x_statistics), READS);
}

P2cStatus p2c_step_forward(P2cGraph *graph, P2cNode *node) {
    P2cStep *step = step_new(graph, P2C_STEP_FORWARD, node);
    if (!step) return graph->status;
    for (int k = 0; k < node->count; k++)
        touch_buffer(step, node->x[k]->state->buffer, slot_of_operand(SLOT(x), k),
                     node->op->writes >> k & 1 ? READS | WRITES : READS);
    touch_x_statistics(step);
    touch_buffer(step, node->state->buffer, SLOT(y), WRITES);
    touch_buffer(step, node->state->saved, SLOT(saved), WRITES);
    touch_buffer(step, node->state->statistics, SLOT(statistics), WRITES);
    return touch_scratch(graph, step);
}

P2cStatus p2c_step_backward(P2cGraph *graph, P2cNode *node, P2cBuffer *const dx[],
                            unsigned overwrite) {
    P2cStep *step = step_new(graph, P2C_STEP_BACKWARD, node);
    if (!step) return graph->status;
    step->overwrite = overwrite;
    for (int k = 0; k < node->count; k++) {
        if (node->op->keeps_x)
            touch_buffer(step, node->x[k]->state->buffer, slot_of_operand(SLOT(x), k), READS);
        touch_buffer(step, dx[k], slot_of_operand(SLOT(dx), k),
                     overwrite >> k & 1 ? WRITES : READS | WRITES);
    }
    if (p2c_keeps_y(node)) touch_buffer(step, node->state->buffer, SLOT(y), READS);
    touch_x_statistics(step);
    touch_buffer(step, node->state->gradient, SLOT(dy), READS);
    touch_buffer(step, node->state->saved, SLOT(saved), READS);
    return touch_scratch(graph, step);
}

P2cStatus p2c_step_fill(P2cGraph *graph, P2cNode *node, float value) {
    P2cStep *step = step_new(graph, P2C_STEP_FILL, node);
    if (!step) return graph->status;
    step->value = value;
    touch_buffer(step, node->state->gradient, SLOT(y), WRITES);
    return P2C_OK;
}

size_t p2c_step_bytes(const P2cStep *step) {
    size_t bytes = 0;
    for (int i = 0; i < step->touched_count; i++) {
        const P2cTouch *t = &step->touched[i];
        if (t->slot != SLOT(work)) bytes += t->buffer->bytes * (size_t)(t->reads + t->writes);
    }
    return bytes;
}

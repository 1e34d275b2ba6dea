/* plan.c: every buffer of a graph gets its place in one arena.
 *
 *   1. lifetimes: the first and last step that touches each buffer
 *   2. sharing:   a result goes over its operand where the operation allows and nobody needs the
 *                 operand later
 *   3. offsets:   largest first, at the lowest gap among the buffers alive at the same time
 *
 *        offset
 *          |  +-----------+    +---------+
 *          |  |  skip     |    |   dy    |
 *          |  +-----+-----+----+--+------+
 *          |  |  x  |     y       |  z   |
 *          +--+-----+-------------+------+---> step
 *
 * After these come the small buffers, each in its own place, and last the tail: the run parameters
 * of kernels and small outputs such as losses. A GPU copies the tail back after every run, in one
 * transfer.
 *
 * Greedy by size: Pisarchyk & Lee 2020, "Efficient memory management for deep neural net
 * inference". */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "graph.h"

enum { ALIGN = 64, SMALL = 1024 };

P2cBuffer *p2c_buffer_new(P2cGraph *graph, size_t bytes) {
    P2cBuffer *buffer = calloc(1, sizeof *buffer);
    if (!buffer || !p2c_grow(&graph->buffers, graph->buffer_count, &graph->buffer_capacity,
                             sizeof *graph->buffers)) {
        free(buffer);
        p2c_graph_fail(graph, P2C_ERR_MEMORY, "out of memory while planning");
        return NULL;
    }
    buffer->bytes = bytes;
    return graph->buffers[graph->buffer_count++] = buffer;
}

/* ---- lifetimes ------------------------------------------------------------------------------- */

static void extend_lifetime(P2cBuffer *buffer, int step) {
    buffer = p2c_buffer_root(buffer);
    if (!buffer) return;
    if (step < buffer->first) buffer->first = step;
    if (step > buffer->last) buffer->last = step;
}

static void find_lifetimes(P2cGraph *graph) {
    for (int i = 0; i < graph->buffer_count; i++) {
        graph->buffers[i]->first = graph->step_count;
        graph->buffers[i]->last = -1;
    }
    for (int i = 0; i < graph->step_count; i++)
        for (int k = 0; k < graph->steps[i].touched_count; k++)
            extend_lifetime(graph->steps[i].touched[k].buffer, i);
    for (int i = 0; i < graph->node_count; i++) {
        P2cNode *node = graph->nodes[i];
        while (node->state->fused_into) node = node->state->fused_into;
        if (graph->nodes[i]->state->is_output)
            extend_lifetime(node->state->buffer, graph->step_count);
    }
}

/* ---- sharing --------------------------------------------------------------------------------- */

static bool in_arena(const P2cBuffer *b) { return !b->same && !b->memory && b->last >= 0; }

static void share_operand(P2cStep *step, int i) {
    const P2cNode *node = step->node;
    if (step->kind != P2C_STEP_FORWARD || !node->op->in_place) return;
    P2cBuffer *x = p2c_buffer_root(node->x[0]->state->buffer), *y = node->state->buffer;
    bool free_after = in_arena(x) && !x->pinned && x->last == i && x->bytes == y->bytes;
    for (int k = 1; k < node->count; k++)
        free_after &= p2c_buffer_root(node->x[k]->state->buffer) != x;
    if (!free_after) return;
    y->same = x;
    x->last = y->last;
}

/* ---- offsets --------------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b) {
    const P2cBuffer *x = *(P2cBuffer *const *)a, *y = *(P2cBuffer *const *)b;
    if (x->bytes != y->bytes) return x->bytes < y->bytes ? 1 : -1;
    return x->first != y->first ? x->first - y->first : x->last - y->last;
}

static size_t aligned_bytes(size_t bytes) { return (bytes + ALIGN - 1) / ALIGN * ALIGN; }

/* Puts b into the lowest gap between those placed, which are sorted by offset. rest: how many steps
 * memory stays unused between two uses. */
static void place_buffer(P2cBuffer *b, P2cBuffer **placed, int count, int rest, bool no_reuse) {
    size_t offset = 0;
    for (int i = 0; i < count; i++) {
        const P2cBuffer *p = placed[i];
        bool together = no_reuse || (p->first <= b->last + rest && b->first <= p->last + rest);
        if (!together) continue;
        if (p->offset >= offset + aligned_bytes(b->bytes)) break;
        if (p->offset + aligned_bytes(p->bytes) > offset)
            offset = p->offset + aligned_bytes(p->bytes);
    }
    b->offset = offset;
    int i = count;
    for (; i > 0 && placed[i - 1]->offset > offset; i--) placed[i] = placed[i - 1];
    placed[i] = b;
}

static void append_buffer(P2cGraph *graph, P2cBuffer *b) {
    b->offset = graph->arena_bytes;
    graph->arena_bytes += aligned_bytes(b->bytes);
}

static bool is_small(const P2cBuffer *b) { return in_arena(b) && b->bytes <= SMALL; }

/* An output stays readable until the end; so do inputs and constants, which are pinned. */
static bool is_output(const P2cGraph *graph, const P2cBuffer *b) {
    return b->last == graph->step_count && !b->pinned;
}

static void place_run_params(P2cGraph *graph) {
    for (int i = 0; i < graph->step_count; i++) {
        P2cStep *step = &graph->steps[i];
        size_t bytes = step->kind == P2C_STEP_FORWARD
                           ? graph->ctx->device->kernels[step->node->op->id]->run_params_bytes
                           : 0;
        step->run_params = graph->arena_bytes;
        graph->arena_bytes += aligned_bytes(bytes);
    }
}

static void place_small(P2cGraph *graph) {
    P2cBuffer **b = graph->buffers;
    for (int i = 0; i < graph->buffer_count; i++)
        if (is_small(b[i]) && !is_output(graph, b[i])) append_buffer(graph, b[i]);
    graph->tail = graph->arena_bytes;
    place_run_params(graph);
    graph->recording.to = graph->arena_bytes - graph->tail;
    for (int i = 0; i < graph->buffer_count; i++)
        if (is_small(b[i]) && is_output(graph, b[i])) append_buffer(graph, b[i]);
    graph->recording.bytes = graph->arena_bytes - graph->tail;
}

/* Small buffers (scalars, vectors of channels) are many and take little memory: each gets a place
 * of its own after the others. */
static P2cStatus place_all(P2cGraph *graph) {
    int n = 0, streams = graph->ctx->device->streams, rest = streams > 1 ? 2 * streams : 0;
    P2cBuffer **todo = calloc((size_t)graph->buffer_count + 1, sizeof *todo),
              **placed = calloc((size_t)graph->buffer_count + 1, sizeof *placed);
    if (todo && placed) {
        for (int i = 0; i < graph->buffer_count; i++) {
            P2cBuffer *b = graph->buffers[i];
            if (b->pinned) b->first = 0, b->last = graph->step_count;
            if (in_arena(b) && b->bytes > SMALL) todo[n++] = b;
        }
        qsort(todo, (size_t)n, sizeof *todo, by_size);
        for (int i = 0; i < n; i++) {
            place_buffer(todo[i], placed, i, rest, graph->no_reuse);
            size_t end = todo[i]->offset + aligned_bytes(todo[i]->bytes);
            if (end > graph->arena_bytes) graph->arena_bytes = end;
        }
        place_small(graph);
    } else {
        p2c_graph_fail(graph, P2C_ERR_MEMORY, "out of memory while planning");
    }
    free(todo);
    free(placed);
    return graph->status;
}

/* ---- calls ----------------------------------------------------------------------------------- */

static void fill_call(const P2cGraph *graph, P2cStep *step) {
    P2cCall *call = &step->call;
    *call = (P2cCall){ .node = step->node,
                       .threads = graph->ctx->threads,
                       .queue = graph->ctx->queue,
                       .overwrite = step->overwrite };
    for (int i = 0; i < step->touched_count; i++) {
        const P2cTouch *t = &step->touched[i];
        void *memory = p2c_buffer_root(t->buffer)->memory;
        memcpy((char *)call + t->slot, &memory, sizeof memory);
    }
    if (step->kind != P2C_STEP_FORWARD ||
        !graph->ctx->device->kernels[step->node->op->id]->run_params_bytes)
        return;
    call->run_params = (char *)graph->arena + step->run_params;
    call->run_params_host = (char *)graph->recording.here + (step->run_params - graph->tail);
}

static void place_in_arena(const P2cGraph *graph, P2cBuffer *b) {
    if (!in_arena(b)) return;
    b->memory = (char *)graph->arena + b->offset;
    b->placed = true;
}

static P2cStatus alloc_arena(P2cGraph *graph) {
    P2cContext *ctx = graph->ctx;
    double mib = 1 << 20;
    bool host = p2c_device_is_host(ctx->device);
    if (host && graph->arena_limit && graph->arena_bytes > graph->arena_limit)
        return p2c_graph_fail(graph, P2C_ERR_MEMORY,
                              "the graph needs %.1f MiB of memory on %s, and %.1f MiB may be used",
                              (double)graph->arena_bytes / mib, ctx->device->name,
                              (double)graph->arena_limit / mib);
    P2cStatus status =
        p2c_device_take(ctx, "the graph", graph->arena_bytes + P2C_ARENA_SPARE, &graph->arena);
    if (status)
        return p2c_graph_fail(graph, status, "%s%s", p2c_error(ctx),
                              status == P2C_ERR_MEMORY ? "; try a smaller picture or batch" : "");
    if (host) return P2C_OK;
    graph->recording.there = (char *)graph->arena + graph->tail;
    if ((graph->recording.here = ctx->device->alloc_host(ctx, graph->recording.bytes + ALIGN)))
        return P2C_OK;
    return p2c_graph_fail(graph, P2C_ERR_MEMORY, "out of memory: %.1f MiB for transfers",
                          (double)graph->recording.bytes / mib);
}

static void fill_constants(P2cGraph *graph) {
    for (int i = 0; i < graph->node_count; i++) {
        const P2cNodeState *s = graph->nodes[i]->state;
        if (s->leaf == P2C_LEAF_CONSTANT && s->buffer)
            graph->ctx->device->fill(graph->ctx, s->buffer->memory,
                                     p2c_dims_count(graph->nodes[i]->dims), s->value);
    }
}

P2cStatus p2c_plan(P2cGraph *graph) {
    bool streams = graph->ctx->device->streams > 1;
    if (streams) p2c_order(graph);
    find_lifetimes(graph);
    for (int i = 0; i < graph->step_count && !graph->no_reuse; i++)
        share_operand(&graph->steps[i], i);
    if (place_all(graph) != P2C_OK) return graph->status;
    if (alloc_arena(graph) != P2C_OK) return graph->status;
    for (int i = 0; i < graph->buffer_count; i++) place_in_arena(graph, graph->buffers[i]);
    for (int i = 0; i < graph->step_count; i++) fill_call(graph, &graph->steps[i]);
    fill_constants(graph);
    return streams ? p2c_assign_streams(graph) : P2C_OK;
}

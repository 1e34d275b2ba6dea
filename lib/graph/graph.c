/* graph.c: building a graph: nodes in order, leaves, names, errors; reading and writing their
 * values. */
#include "graph.h"

#include <assert.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- dims ------------------------------------------------------------------------------------ */

P2cDims p2c_dims(int rank, const int sizes[]) {
    P2cDims dims = { rank, { 1, 1, 1, 1 } };
    assert(rank >= 0 && rank <= 4);
    for (int i = 0; i < rank; i++) dims.d[i] = sizes[i];
    return dims;
}

size_t p2c_dims_count(P2cDims dims) {
    return (size_t)dims.d[0] * (size_t)dims.d[1] * (size_t)dims.d[2] * (size_t)dims.d[3];
}

bool p2c_dims_equal(P2cDims a, P2cDims b) {
    return a.rank == b.rank && !memcmp(a.d, b.d, sizeof a.d);
}

P2cDimsText p2c_dims_text(P2cDims dims) {
    P2cDimsText t = { "(" };
    size_t used = 1;
    for (int i = 0; i < dims.rank; i++)
        used +=
            (size_t)snprintf(t.text + used, sizeof t.text - used, "%s%d", i ? "," : "", dims.d[i]);
    snprintf(t.text + used, sizeof t.text - used, ")");
    return t;
}

/* Sizes at least 1, and fewer than 2^31 elements, so that kernels may index a tensor with an
 * int. */
static bool dims_ok(P2cDims dims) {
    size_t count = 1;
    for (int i = 0; i < 4; i++) {
        if (dims.d[i] < 1) return false;
        count *= (size_t)dims.d[i];
        if (count > INT_MAX) return false;
    }
    return true;
}

/* ---- the graph ------------------------------------------------------------------------------- */

P2cStatus p2c_graph_new(P2cGraph **out, P2cContext *ctx) {
    P2cGraph *graph = *out = calloc(1, sizeof *graph);
    if (!graph) return p2c_fail_memory(ctx, "a graph", sizeof *graph);
    graph->ctx = ctx;
    return P2C_OK;
}

static void node_free(P2cNode *node) {
    if (!node) return;
    if (node->state) free(node->state->name);
    free(node->state);
    free(node);
}

void p2c_graph_free(P2cGraph **out) {
    P2cGraph *graph = *out;
    if (!graph) return;
    for (int i = 0; i < graph->node_count; i++) node_free(graph->nodes[i]);
    for (int i = 0; i < graph->buffer_count; i++) free(graph->buffers[i]);
    free(graph->nodes);
    free(graph->buffers);
    free(graph->steps);
    if (graph->arena) {
        graph->ctx->device->wait(graph->ctx);
        if (graph->ctx->running == graph) graph->ctx->running = NULL;
        graph->ctx->device->destroy_recording(graph->ctx, &graph->recording);
        p2c_device_give(graph->ctx, graph->arena, graph->arena_bytes + P2C_ARENA_SPARE);
        graph->ctx->device->free_host(graph->ctx, graph->recording.here);
    }
    free(graph);
    *out = NULL;
}

bool p2c_grow(void *array, int count, int *capacity, size_t size) {
    if (count < *capacity) return true;
    int more = *capacity ? 2 * *capacity : 64;
    void *grown = realloc(*(void **)array, (size_t)more * size);
    if (!grown) return false;
    *(void **)array = grown;
    *capacity = more;
    return true;
}

P2cStatus p2c_graph_fail(P2cGraph *graph, P2cStatus status, const char *format, ...) {
    /* the first error is the cause, the rest its echo */
    if (graph->status != P2C_OK) return graph->status;
    va_list args;
    va_start(args, format);
    vsnprintf(graph->error, sizeof graph->error, format, args);
    va_end(args);
    return graph->status = status;
}

P2cStatus p2c_node_fail(P2cNode *node, const char *format, ...) {
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return p2c_graph_fail(node->state->graph, P2C_ERR_SHAPE, "%s: %s", node->op->name, text);
}

P2cStatus p2c_graph_finish(P2cGraph *graph) {
    assert(!graph->finished);
    if (graph->status == P2C_OK) {
        p2c_fuse(graph);
        if (p2c_expand(graph) == P2C_OK) graph->status = p2c_plan(graph);
    }
    if (graph->status != P2C_OK) return p2c_fail(graph->ctx, graph->status, "%s", graph->error);
    graph->finished = true;
    return P2C_OK;
}

void p2c_graph_limit(P2cGraph *graph, size_t bytes) { graph->arena_limit = bytes; }

size_t p2c_graph_arena_bytes(const P2cGraph *graph) { return graph->arena_bytes; }
int p2c_graph_step_count(const P2cGraph *graph) { return graph->step_count; }
P2cStatus p2c_graph_status(const P2cGraph *graph) { return graph->status; }
const char *p2c_graph_error(const P2cGraph *graph) { return graph->error; }
P2cContext *p2c_graph_context(const P2cGraph *graph) { return graph->ctx; }
int p2c_graph_node_count(const P2cGraph *graph) { return graph->node_count; }
P2cNode *p2c_graph_node(const P2cGraph *graph, int id) { return graph->nodes[id]; }

/* ---- nodes ----------------------------------------------------------------------------------- */

/* An empty node, not yet in the graph. */
static P2cNode *node_alloc(P2cGraph *graph) {
    P2cNode *node = calloc(1, sizeof *node);
    P2cNodeState *state = calloc(1, sizeof *state);
    if (!node || !state ||
        !p2c_grow(&graph->nodes, graph->node_count, &graph->node_capacity, sizeof *graph->nodes)) {
        free(node);
        free(state);
        p2c_graph_fail(graph, P2C_ERR_MEMORY, "out of memory for a node");
        return NULL;
    }
    node->state = state;
    state->graph = graph;
    state->id = graph->node_count;
    return node;
}

static P2cNode *node_append(P2cNode *node) {
    P2cGraph *graph = node->state->graph;
    return graph->nodes[graph->node_count++] = node;
}

static bool operands_ok(P2cGraph *graph, const P2cOp *op, int count, P2cNode *const x[]) {
    assert(!graph->finished && count <= P2C_MAX_OPERANDS);
    if (graph->status != P2C_OK) return false;
    for (int i = 0; i < count; i++) {
        if (!x[i]) return false;
        if (x[i]->state->graph != graph) {
            p2c_graph_fail(graph, P2C_ERR_ARGUMENT, "%s: operand %d belongs to another graph",
                           op->name, i);
            return false;
        }
    }
    return true;
}

P2cNode *p2c_node_new(const P2cOp *op, int count, P2cNode *const x[], const void *attributes,
                      size_t size) {
    P2cGraph *graph = x[0] ? x[0]->state->graph : NULL;
    if (!graph || !operands_ok(graph, op, count, x)) return NULL;
    P2cNode *node = node_alloc(graph);
    if (!node) return NULL;
    node->op = op;
    node->count = count;
    for (int i = 0; i < count; i++) node->x[i] = x[i];
    assert(size <= sizeof node->attributes);
    if (size) memcpy(node->attributes, attributes, size);
    if (op->shape(node) == P2C_OK && !dims_ok(node->dims))
        p2c_node_fail(node, "the result %s is empty or has 2^31 elements or more",
                      p2c_dims_text(node->dims).text);
    if (graph->status == P2C_OK) return node_append(node);
    node_free(node);
    return NULL;
}

P2cNode *p2c_node_unary(const P2cOp *op, P2cNode *x, const void *attributes, size_t size) {
    return p2c_node_new(op, 1, &x, attributes, size);
}

P2cNode *p2c_node_binary(const P2cOp *op, P2cNode *a, P2cNode *b, const void *attributes,
                         size_t size) {
    return p2c_node_new(op, 2, (P2cNode *[]){ a, b }, attributes, size);
}

static bool leaf_ok(P2cGraph *graph, const char *name, P2cDims dims) {
    assert(!graph->finished);
    if (graph->status == P2C_OK && !dims_ok(dims))
        p2c_graph_fail(graph, P2C_ERR_SHAPE, "%s: shape %s is empty or has 2^31 elements or more",
                       name ? name : "a constant", p2c_dims_text(dims).text);
    return graph->status == P2C_OK;
}

P2cNode *p2c_leaf_new(P2cGraph *graph, P2cLeaf leaf, const char *name, P2cDims dims) {
    if (!leaf_ok(graph, name, dims)) return NULL;
    P2cNode *node = node_alloc(graph);
    if (!node) return NULL;
    node->dims = dims;
    node->state->leaf = leaf;
    return name ? p2c_named(node_append(node), "%s", name) : node_append(node);
}

P2cNode *p2c_input(P2cGraph *graph, const char *name, P2cDims dims) {
    return p2c_leaf_new(graph, P2C_LEAF_INPUT, name, dims);
}

P2cNode *p2c_constant(P2cGraph *graph, P2cDims dims, float value) {
    P2cNode *node = p2c_leaf_new(graph, P2C_LEAF_CONSTANT, NULL, dims);
    if (node) node->state->value = value;
    return node;
}

P2cNode *p2c_output(P2cNode *node) {
    if (node) node->state->is_output = true;
    return node;
}

P2cNode *p2c_named(P2cNode *node, const char *format, ...) {
    if (!node) return NULL;
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    free(node->state->name);
    if (!(node->state->name = strdup(text)))
        p2c_graph_fail(node->state->graph, P2C_ERR_MEMORY, "out of memory for the name %s", text);
    return node;
}

P2cNode *p2c_graph_find(P2cGraph *graph, const char *name) {
    for (int i = graph->node_count - 1; i >= 0; i--)
        if (graph->nodes[i]->state->name && !strcmp(graph->nodes[i]->state->name, name))
            return graph->nodes[i];
    return NULL;
}

P2cDims p2c_node_dims(const P2cNode *node) { return node->dims; }
P2cGraph *p2c_node_graph(const P2cNode *node) { return node->state->graph; }
int p2c_node_id(const P2cNode *node) { return node->state->id; }
const char *p2c_node_name(const P2cNode *node) { return node->state->name; }
P2cLeaf p2c_node_leaf(const P2cNode *node) { return node->state->leaf; }
float p2c_node_constant(const P2cNode *node) { return node->state->value; }
P2cParam *p2c_node_param(const P2cNode *node) { return node->state->param; }

/* ---- parameters ------------------------------------------------------------------------------ */

P2cNet p2c_net(P2cGraph *graph, P2cStore *store, const char *name) {
    P2cNet net = { .graph = graph, .store = store };
    assert(strlen(name) < sizeof net.prefix);
    snprintf(net.prefix, sizeof net.prefix, "%s", name);
    return net;
}

P2cNet p2c_scope(P2cNet net, const char *format, ...) {
    size_t used = strlen(net.prefix);
    if (used) net.prefix[used++] = '.';
    va_list args;
    va_start(args, format);
    int n = vsnprintf(net.prefix + used, sizeof net.prefix - used, format, args);
    va_end(args);
    assert(n >= 0 && (size_t)n < sizeof net.prefix - used);
    (void)n;
    return net;
}

static P2cNode *find_param(P2cGraph *graph, const P2cParam *param) {
    for (int i = 0; i < graph->node_count; i++)
        if (graph->nodes[i]->state->param == param) return graph->nodes[i];
    return NULL;
}

P2cNode *p2c_param(P2cNet net, const char *name, P2cDims dims, P2cInit init) {
    char full[400];
    P2cParam *param;
    snprintf(full, sizeof full, "%s%s%s", net.prefix, *net.prefix ? "." : "", name);
    if (!leaf_ok(net.graph, full, dims)) return NULL; /* before the store takes memory */
    P2cStatus status = p2c_store_param(net.store, full, dims, init, &param);
    if (status != P2C_OK) {
        p2c_graph_fail(net.graph, status, "%s", p2c_error(net.store->ctx));
        return NULL;
    }
    P2cNode *node = find_param(net.graph, param);
    if (node) return node;
    node = p2c_leaf_new(net.graph, P2C_LEAF_PARAM, full, dims);
    if (!node) return NULL;
    node->state->param = param;
    node->state->memory = param->data;
    return node;
}

P2cNode *p2c_moment(P2cGraph *graph, float *memory, P2cDims dims) {
    for (int i = 0; i < graph->node_count; i++)
        if (graph->nodes[i]->state->memory == memory) return graph->nodes[i];
    P2cNode *node = p2c_leaf_new(graph, P2C_LEAF_MOMENT, NULL, dims);
    if (node) node->state->memory = memory;
    return node;
}

/* ---- values ---------------------------------------------------------------------------------- */

static P2cBuffer *buffer_of(const P2cNode *node) {
    while (node->state->fused_into) node = node->state->fused_into;
    return p2c_buffer_root(node->state->buffer);
}

P2cStatus p2c_node_write(P2cNode *node, const float *values) {
    P2cGraph *graph = node->state->graph;
    assert(graph->finished && node->state->leaf == P2C_LEAF_INPUT);
    P2cBuffer *buffer = buffer_of(node);
    return buffer ? graph->ctx->device->upload(graph->ctx, buffer->memory, values,
                                               p2c_dims_count(node->dims) * sizeof *values)
                  : P2C_OK;
}

P2cStatus p2c_node_read(const P2cNode *node, float *values) {
    P2cGraph *graph = node->state->graph;
    assert(graph->finished && (node->state->is_output || node->state->leaf == P2C_LEAF_PARAM ||
                               node->state->leaf == P2C_LEAF_INPUT));
    if (!buffer_of(node)) /* an input or parameter that nothing needs has no memory in the graph */
        return p2c_fail(graph->ctx, P2C_ERR_ARGUMENT, "%s is not used in this graph",
                        node->state->name ? node->state->name : "the node");
    size_t bytes = p2c_dims_count(node->dims) * sizeof *values;
    P2cStatus status = p2c_graph_wait(graph);
    if (status) return status;
    const char *memory = buffer_of(node)->memory, *tail = graph->recording.there;
    if (!tail || memory < tail || memory >= tail + graph->recording.bytes)
        return graph->ctx->device->download(graph->ctx, values, memory, bytes);
    memcpy(values, (const char *)graph->recording.here + (memory - tail), bytes);
    return P2C_OK;
}

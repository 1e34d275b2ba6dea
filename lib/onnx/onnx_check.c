/* onnx_check.c: checks that a written ONNX file computes what its graph computes: reads it back,
 * builds it and runs both. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/context.h"
#include "graph/node.h"
#include "onnx_out.h"

enum { MOST_OUTPUTS = 8 };
/* For values around 1. The two differ only in the order of their sums. */
static const double TOLERANCE = 1e-3;

typedef struct Check {
    P2cContext *ctx;
    const char *path;
    P2cModel *model;
    P2cStore *store;
    P2cGraph *graph; /* the graph of the file */
    P2cNode *input, *outputs[MOST_OUTPUTS];
} Check;

static P2cStatus build(Check *c, P2cNode *input, int count) {
    P2cStatus status = p2c_model_read(c->ctx, c->path, &c->model);
    if (!status) status = p2c_store_new(&c->store, c->ctx, 0);
    if (!status) status = p2c_graph_new(&c->graph, c->ctx);
    if (status) return status;
    if (p2c_model_input_count(c->model) != 1 || p2c_model_output_count(c->model) != count)
        return p2c_fail(
            c->ctx, P2C_ERR_FORMAT,
            "%s: was written with 1 input and %d outputs, and reads back with %d and %d", c->path,
            count, p2c_model_input_count(c->model), p2c_model_output_count(c->model));
    c->input = p2c_input(c->graph, "input", p2c_node_dims(input));
    status = p2c_model_build(c->model, p2c_net(c->graph, c->store, "file"), &c->input, c->outputs);
    for (int i = 0; !status && i < count; i++) p2c_output(c->outputs[i]);
    return status ? status : p2c_graph_finish(c->graph);
}

/* Fills the inputs with waves of several lengths in [-1,1]. */
static P2cStatus feed(P2cContext *ctx, P2cNode *a, P2cNode *b) {
    size_t count = p2c_dims_count(p2c_node_dims(a));
    float *values = malloc(count * sizeof *values);
    if (!values) return p2c_fail_memory(ctx, "a picture to compare with", count * sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = (float)(0.6 * sin((double)i * 0.37) + 0.4 * sin((double)i * 0.0113));
    P2cStatus status = p2c_node_write(a, values);
    if (!status) status = p2c_node_write(b, values);
    free(values);
    return status;
}

static P2cStatus compare(const Check *c, const P2cNode *want, const P2cNode *got) {
    size_t count = p2c_dims_count(p2c_node_dims(want));
    double worst = 0;
    if (p2c_dims_count(p2c_node_dims(got)) != count)
        return p2c_fail(c->ctx, P2C_ERR_FORMAT, "%s: reads back with results of a different size",
                        c->path);
    float *values = malloc(2 * count * sizeof *values);
    if (!values) return p2c_fail_memory(c->ctx, "results to compare", 2 * count * sizeof *values);
    P2cStatus status = p2c_node_read(want, values);
    if (!status) status = p2c_node_read(got, values + count);
    for (size_t i = 0; !status && i < count; i++) {
        double error =
            fabs((double)values[i] - values[count + i]) / fmax(1, fabs((double)values[i]));
        worst = error <= worst ? worst : error; /* NaN counts as the worst error */
    }
    free(values);
    if (status || worst <= TOLERANCE) return status;
    return p2c_fail(c->ctx, P2C_ERR_FORMAT,
                    "%s: the written network computes something else: off by %g", c->path, worst);
}

P2cStatus p2c_onnx_check(P2cContext *ctx, const char *path, P2cNode *input, int count,
                         P2cNode *const outputs[]) {
    assert(count <= MOST_OUTPUTS);
    Check c = { .ctx = ctx, .path = path };
    P2cStatus status = build(&c, input, count);
    if (!status) status = feed(ctx, input, c.input);
    if (!status) status = p2c_graph_run(p2c_node_graph(input));
    if (!status) status = p2c_graph_run(c.graph);
    for (int i = 0; !status && i < count; i++) status = compare(&c, outputs[i], c.outputs[i]);
    p2c_graph_free(&c.graph);
    p2c_store_free(&c.store);
    p2c_model_free(&c.model);
    return status;
}

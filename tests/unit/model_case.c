/* model_case.c: see model_case.h. */
#include "model_case.h"

#include "support.h"

#include <stdlib.h>

void model_cases_read(P2cContext *ctx, const char *path, ModelCases *cases) {
    if (p2c_pt_read(ctx, path, &cases->file)) fail_msg("%s", p2c_error(ctx));
    const P2cValue *list = p2c_value_get(cases->file, "cases");
    const unsigned char *model = p2c_value_data(p2c_value_get(cases->file, "models"));
    const float *values = p2c_value_data(p2c_value_get(cases->file, "values"));
    cases->count = (int)p2c_value_count(list);
    cases->at = calloc((size_t)cases->count, sizeof *cases->at);
    assert_non_null(cases->at);
    for (int i = 0; i < cases->count; i++) {
        const P2cValue *c = p2c_value_at(list, (size_t)i);
        size_t n[3];
        for (size_t k = 0; k < 3; k++) n[k] = (size_t)p2c_value_as_int(p2c_value_at(c, k));
        cases->at[i] = (ModelCase){ p2c_value_key(list, (size_t)i),
                                    model,
                                    n[0],
                                    values,
                                    values + n[1],
                                    n[1],
                                    n[2],
                                    p2c_value_at(c, 3),
                                    p2c_value_at(c, 4) };
        model += n[0];
        values += n[1] + n[2];
    }
}

void model_cases_clear(ModelCases *cases) {
    free(cases->at);
    p2c_value_free(&cases->file);
}

static P2cDims dims_of(const P2cValue *list) {
    int sizes[4];
    for (size_t i = 0; i < p2c_value_count(list); i++)
        sizes[i] = (int)p2c_value_as_int(p2c_value_at(list, i));
    return p2c_dims((int)p2c_value_count(list), sizes);
}

enum { MOST = 16 };

static P2cStatus finish(P2cGraph *graph, int count, P2cNode *const outputs[]) {
    for (int i = 0; i < count; i++) p2c_output(outputs[i]);
    return p2c_graph_finish(graph);
}

/* The inputs are in the file's order, which is not always that of their names: inputs of a case are
 * x or x0, z or x1. */
static P2cStatus run(P2cGraph *graph, const ModelCase *c, int inputs, P2cNode *const in[],
                     int outputs, P2cNode *const out[], float *values) {
    const float *from = c->in;
    P2cStatus status = P2C_OK;
    for (int i = 0; i < inputs && !status; i++) {
        status = p2c_node_write(in[i], from);
        from += p2c_dims_count(p2c_node_dims(in[i]));
    }
    if (!status) status = p2c_graph_run(graph);
    for (int i = 0; i < outputs && !status; i++) {
        status = p2c_node_read(out[i], values);
        values += p2c_dims_count(p2c_node_dims(out[i]));
    }
    return status;
}

bool model_case_run(P2cContext *ctx, P2cStore *store, const ModelCase *c, const char *path,
                    float *values) {
    P2cModel *model = NULL;
    P2cGraph *graph = NULL;
    P2cNode *in[MOST], *out[MOST];
    put_file(path, c->model, c->size);
    P2cStatus status = p2c_graph_new(&graph, ctx);
    if (!status) status = p2c_model_read(ctx, path, &model);
    if (!status) {
        int inputs = p2c_model_input_count(model), outputs = p2c_model_output_count(model);
        assert_int_equal(inputs, p2c_value_count(c->dims));
        assert_int_equal(outputs, p2c_value_count(c->shapes));
        for (int i = 0; i < inputs; i++)
            in[i] = p2c_input(graph, p2c_model_input_name(model, i),
                              dims_of(p2c_value_at(c->dims, (size_t)i)));
        status = p2c_model_build(model, p2c_net(graph, store, "model"), in, out);
        for (int i = 0; i < outputs && !status; i++)
            if (!p2c_dims_equal(p2c_node_dims(out[i]), dims_of(p2c_value_at(c->shapes, (size_t)i))))
                fail_msg("%s: output %d has another shape", c->name, i);
        if (!status) status = finish(graph, outputs, out);
        if (!status) status = run(graph, c, inputs, in, outputs, out, values);
    }
    p2c_model_free(&model);
    p2c_graph_free(&graph);
    return status == P2C_OK;
}

static P2cStatus try_build(const P2cModel *model, P2cGraph *graph, P2cStore *store) {
    P2cNode *in[MOST], **out = calloc((size_t)p2c_model_output_count(model), sizeof *out);
    assert_non_null(out);
    P2cStatus status = p2c_model_input_count(model) > MOST ? P2C_ERR_ARGUMENT : P2C_OK;
    for (int i = 0; i < p2c_model_input_count(model) && !status; i++) {
        P2cShape shape = p2c_model_input_shape(model, i);
        P2cDims dims = P2C_SCALAR;
        dims.rank = shape.rank < 0 ? 4 : shape.rank > 4 ? 4 : shape.rank;
        for (int k = 0; k < shape.rank && k < 4; k++)
            dims.d[k] = shape.size[k] > 0 && shape.size[k] < 1 << 20 ? (int)shape.size[k] : 1;
        if (p2c_dims_count(dims) > 1 << 24) dims = P2C_SCALAR;
        in[i] = p2c_input(graph, p2c_model_input_name(model, i), dims);
    }
    if (!status) status = p2c_model_build(model, p2c_net(graph, store, ""), in, out);
    p2c_graph_limit(graph, 64 << 20);
    if (!status) status = finish(graph, p2c_model_output_count(model), out);
    if (!status) status = p2c_graph_run(graph);
    free(out);
    return status;
}

P2cStatus model_try(P2cContext *ctx, const char *path) {
    P2cModel *model = NULL;
    P2cGraph *graph = NULL;
    P2cStore *store = NULL;
    P2cStatus status = p2c_model_read(ctx, path, &model);
    if (!status) status = p2c_store_new(&store, ctx, 1);
    if (!status) status = p2c_graph_new(&graph, ctx);
    if (!status) status = try_build(model, graph, store);
    p2c_graph_free(&graph);
    p2c_store_free(&store);
    p2c_model_free(&model);
    return status;
}

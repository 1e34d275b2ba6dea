/* model.c: compares small networks from ONNX and TensorFlow files with onnxruntime and TensorFlow:
 * each operation, in the forms of all operator sets. */
#include "model_case.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ONNX "tests/unit/data/models_onnx.pt"
#define TENSORFLOW "tests/unit/data/models_tensorflow.pt"

/* Relative to 1, or to the value if it is larger. */
static double distance(const float *got, const float *want, size_t count) {
    double worst = 0;
    for (size_t i = 0; i < count; i++) {
        double d = fabs((double)got[i] - want[i]) / fmax(1, fabs(want[i]));
        if (!(d <= worst)) worst = d; /* true for NaN, too */
    }
    return worst;
}

static void compare(Scratch *scratch, const char *file) {
    ModelCases cases;
    int wrong = 0;
    double worst = 0;
    model_cases_read(scratch->ctx, file, &cases);
    for (int i = 0; i < cases.count; i++) {
        const ModelCase *c = &cases.at[i];
        P2cStore *store = NULL;
        float *got = calloc(c->out_count, sizeof *got);
        assert_int_equal(p2c_store_new(&store, scratch->ctx, 1), P2C_OK);
        bool ran = model_case_run(scratch->ctx, store, c, scratch_path(scratch, "model"), got);
        double d = ran ? distance(got, c->out, c->out_count) : INFINITY;
        if (!ran) print_error("%s: %s\n", c->name, p2c_error(scratch->ctx));
        else if (!(d < 2e-5)) print_error("%s: differs by %.2g\n", c->name, d);
        wrong += !(d < 2e-5);
        worst = fmax(worst, d);
        free(got);
        p2c_store_free(&store);
    }
    print_message("%s: %d networks, worst %.2g\n", file, cases.count, worst);
    model_cases_clear(&cases);
    assert_int_equal(wrong, 0);
}

static void onnx(void **state) { compare(*state, ONNX); }
static void tensorflow(void **state) { compare(*state, TENSORFLOW); }

/* ---- inputs and parameters ---- */

typedef struct Loaded {
    ModelCases cases;
    const ModelCase *c;
    P2cModel *model;
} Loaded;

static void load(Scratch *scratch, const char *file, const char *name, Loaded *l) {
    model_cases_read(scratch->ctx, file, &l->cases);
    l->c = NULL;
    for (int i = 0; i < l->cases.count; i++)
        if (!strcmp(l->cases.at[i].name, name)) l->c = &l->cases.at[i];
    assert_non_null(l->c);
    put_file(scratch_path(scratch, "model"), l->c->model, l->c->size);
    if (p2c_model_read(scratch->ctx, scratch->path, &l->model))
        fail_msg("%s", p2c_error(scratch->ctx));
}

static void unload(Loaded *l) {
    p2c_model_free(&l->model);
    model_cases_clear(&l->cases);
}

static void descriptions(void **state) {
    Loaded l;
    load(*state, ONNX, "computed_shape", &l);
    P2cShape shape = p2c_model_input_shape(l.model, 0);
    assert_int_equal(p2c_model_input_count(l.model), 1);
    assert_string_equal(p2c_model_input_name(l.model, 0), "x");
    assert_int_equal(p2c_model_output_count(l.model), 1);
    assert_string_equal(p2c_model_output_name(l.model, 0), "y");
    assert_true(shape.rank == 4 && shape.size[0] == -1 && shape.size[1] == 4 &&
                shape.size[2] == 6 && shape.size[3] == 5);
    unload(&l);
    load(*state, TENSORFLOW, "split", &l);
    assert_string_equal(p2c_model_input_name(l.model, 0), "x0");
    assert_int_equal(p2c_model_output_count(l.model), 3);
    assert_string_equal(p2c_model_output_name(l.model, 2), "y2");
    unload(&l);
}

static void shapes_of_inputs(void **state) {
    Scratch *scratch = *state;
    static const struct {
        const char *name;
        P2cDims dims;
        const char *says;
    } cases[] = {
        { "conv",
          { 4, { 1, 4, 7, 5 } },
          "input 'x' has shape (1,4,7,5), but the network expects (1,4,6,5)" },
        { "conv",
          { 3, { 4, 6, 5, 1 } },
          "input 'x' has shape (4,6,5), but the network expects (1,4,6,5)" },
        { "computed_shape", { 4, { 3, 4, 6, 4 } }, "the network expects (-1,4,6,5)" },
        { "computed_shape", { 4, { 3, 4, 6, 5 } }, NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Loaded l;
        P2cGraph *graph;
        P2cStore *store;
        load(scratch, ONNX, cases[i].name, &l);
        assert_int_equal(p2c_graph_new(&graph, scratch->ctx), P2C_OK);
        assert_int_equal(p2c_store_new(&store, scratch->ctx, 1), P2C_OK);
        P2cNode *in = p2c_input(graph, "x", cases[i].dims), *out;
        P2cStatus status = p2c_model_build(l.model, p2c_net(graph, store, ""), &in, &out);
        assert_int_equal(status == P2C_OK, cases[i].says == NULL);
        if (cases[i].says) {
            assert_error_says(scratch->ctx, cases[i].says);
            assert_null(out);
            assert_int_not_equal(p2c_graph_finish(graph), P2C_OK); /* half a network is of no use */
            assert_error_says(scratch->ctx, cases[i].says);
        } else assert_int_equal(p2c_node_dims(out).d[0], 3);
        p2c_graph_free(&graph);
        p2c_store_free(&store);
        unload(&l);
    }
}

/* Weights become parameters with their names in the file. A parameter that the store already has,
 * perhaps a trained one, keeps its values. */
static void parameters(void **state) {
    Scratch *scratch = *state;
    Loaded l;
    P2cStore *store;
    float bias[3], got[128];
    load(scratch, ONNX, "conv", &l);
    assert_true(l.c->out_count <= sizeof got / sizeof *got);
    assert_int_equal(p2c_store_new(&store, scratch->ctx, 1), P2C_OK);
    assert_true(model_case_run(scratch->ctx, store, l.c, scratch->path, got));
    int w = p2c_store_find(store, "model.w"), b = p2c_store_find(store, "model.b");
    assert_int_equal(p2c_store_count(store), 2);
    assert_true(w >= 0 && b >= 0);
    assert_true(p2c_dims_equal(p2c_store_dims(store, w), P2C_DIMS(3, 4, 3, 3)));
    assert_int_equal(p2c_store_read(store, b, bias), P2C_OK);
    for (int i = 0; i < 3; i++) bias[i] += 1;
    assert_int_equal(p2c_store_write(store, b, bias), P2C_OK);
    assert_true(model_case_run(scratch->ctx, store, l.c, scratch->path, got));
    for (size_t i = 0; i < l.c->out_count; i++) assert_float_equal(got[i], l.c->out[i] + 1, 1e-5);
    assert_int_equal(p2c_store_count(store), 2);
    p2c_store_free(&store);
    unload(&l);
}

/* A batch norm after a convolution is folded into it, unless somebody else reads the
 * convolution. */
static void folded(void **state) {
    Scratch *scratch = *state;
    static const struct {
        const char *file, *name;
        int params;
    } cases[] = {
        { ONNX, "conv_norm", 2 },
        { ONNX, "conv_norm_shared", 6 },
        { ONNX, "conv_scale_shift", 2 },
        { ONNX, "matmul_bias", 2 },
        { TENSORFLOW, "conv_norm_relu6", 2 },
        { TENSORFLOW, "blocks_depthwise", 2 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Loaded l;
        P2cStore *store;
        load(scratch, cases[i].file, cases[i].name, &l);
        float *got = calloc(l.c->out_count, sizeof *got);
        assert_int_equal(p2c_store_new(&store, scratch->ctx, 1), P2C_OK);
        assert_true(model_case_run(scratch->ctx, store, l.c, scratch->path, got));
        if (p2c_store_count(store) != cases[i].params)
            fail_msg("%s: %d parameters, expected %d", cases[i].name, p2c_store_count(store),
                     cases[i].params);
        free(got);
        p2c_store_free(&store);
        unload(&l);
    }
}

/* An imported network can be trained further, like any other. */
static void trained_further(void **state) {
    Scratch *scratch = *state;
    Loaded l;
    P2cStore *store;
    P2cGraph *graph;
    P2cAdam adam = { .lr = 0.01, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8 };
    float first = 0, loss = 0;
    load(scratch, ONNX, "conv_norm", &l);
    assert_int_equal(p2c_store_new(&store, scratch->ctx, 1), P2C_OK);
    assert_int_equal(p2c_graph_new(&graph, scratch->ctx), P2C_OK);
    P2cNet net = p2c_net(graph, store, "model");
    P2cNode *x = p2c_input(graph, "x", P2C_DIMS(1, 4, 6, 5)), *y;
    assert_int_equal(p2c_model_build(l.model, net, &x, &y), P2C_OK);
    P2cNode *mean = p2c_output(p2c_mse_loss(y, p2c_constant(graph, P2C_SCALAR, 1)));
    p2c_minimize(mean, 1, &net, &adam, NULL);
    assert_int_equal(p2c_graph_finish(graph), P2C_OK);
    assert_int_equal(p2c_node_write(x, l.c->in), P2C_OK);
    for (int i = 0; i < 30; i++) {
        assert_int_equal(p2c_graph_run(graph), P2C_OK);
        assert_int_equal(p2c_node_read(mean, &loss), P2C_OK);
        if (i == 0) first = loss;
    }
    if (!(loss < 0.8f * first)) fail_msg("the loss went from %g to %g", first, loss);
    p2c_graph_free(&graph);
    p2c_store_free(&store);
    unload(&l);
}

const struct CMUnitTest p2c_tests_model[] = {
    TEST(onnx),       TEST(tensorflow), TEST(descriptions),    TEST(shapes_of_inputs),
    TEST(parameters), TEST(folded),     TEST(trained_further),
};
const size_t p2c_tests_model_count = sizeof p2c_tests_model / sizeof *p2c_tests_model;

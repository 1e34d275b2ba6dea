/* models.c: the published networks that find and cut out faces, from their ONNX and TensorFlow
 * files, against onnxruntime and TensorFlow (data/models.pt, made by make_models.py). The files are
 * not part of this project; without them the test prints a message and passes.
 *
 * Each stored value must agree to 1e-4 of max(1, |value|). */
#include "golden.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OUTPUTS = 4 };

static P2cDims dims_of(const P2cValue *list) {
    int sizes[4];
    for (size_t i = 0; i < 4; i++) sizes[i] = (int)p2c_value_as_int(p2c_value_at(list, i));
    return p2c_dims(4, sizes);
}

static void write_input(Bench *bench, P2cNode *input, const char *file, double range) {
    char name[128];
    size_t n = p2c_dims_count(p2c_node_dims(input));
    double *u = malloc(n * sizeof *u);
    float *x = malloc(n * sizeof *x);
    assert_true(u && x);
    snprintf(name, sizeof name, "models.%s", file);
    hash_uniform(name, n, u);
    for (size_t i = 0; i < n; i++) x[i] = (float)((2 * u[i] - 1) * range);
    must(bench->ctx, p2c_node_write(input, x));
    free(u);
    free(x);
}

static double worst_of(Bench *bench, const P2cNode *output, const P2cValue *want) {
    size_t n = p2c_dims_count(p2c_node_dims(output)), step = n >= 2000 ? 97 : 1;
    const float *values = p2c_value_data(want);
    float *got = malloc(n * sizeof *got);
    double worst = 0;
    assert_non_null(got);
    assert_int_equal(p2c_value_shape(want).size[0], (n + step - 1) / step);
    must(bench->ctx, p2c_node_read(output, got));
    for (size_t i = 0; i < n; i += step) {
        double d = fabs((double)got[i] - values[i / step]) / fmax(1, fabs(values[i / step]));
        if (!(d <= worst)) worst = d;
    }
    free(got);
    return worst;
}

static void check(const char *path, const char *file, const P2cValue *golden) {
    Bench bench;
    P2cModel *model = NULL;
    P2cNode *input, *outputs[OUTPUTS];
    bench_open(&bench, 0);
    must(bench.ctx, p2c_model_read(bench.ctx, path, &model));
    assert_int_equal(p2c_model_input_count(model), 1);
    assert_in_range(p2c_model_output_count(model), 1, OUTPUTS);
    input = p2c_input(bench.graph, "input", dims_of(p2c_value_get(golden, "dims")));
    must(bench.ctx,
         p2c_model_build(model, p2c_net(bench.graph, bench.store, "net"), &input, outputs));
    for (int i = 0; i < p2c_model_output_count(model); i++) p2c_output(outputs[i]);
    must(bench.ctx, p2c_graph_finish(bench.graph));
    write_input(&bench, input, file, p2c_value_as_float(p2c_value_get(golden, "range")));
    must(bench.ctx, p2c_graph_run(bench.graph));
    for (int i = 0; i < p2c_model_output_count(model); i++) {
        const P2cValue *want = p2c_value_get(golden, p2c_model_output_name(model, i));
        if (!want)
            fail_msg("%s: output '%s' is not in models.pt", file, p2c_model_output_name(model, i));
        double worst = worst_of(&bench, outputs[i], want);
        print_message("%s: %s differs by %.2g at most\n", file, p2c_model_output_name(model, i),
                      worst);
        assert_true(worst <= 1e-4);
    }
    p2c_model_free(&model);
    bench_close(&bench);
}

void test_models(void **state) {
    P2cContext *ctx = NULL;
    P2cValue *golden = NULL;
    (void)state;
    test_context(&ctx, 1);
    must(ctx, p2c_pt_read(ctx, "tests/golden/data/models.pt", &golden));
    assert_true(p2c_value_count(golden) >= 4);
    for (size_t i = 0; i < p2c_value_count(golden); i++) {
        char path[256];
        const char *file = p2c_value_key(golden, i);
        snprintf(path, sizeof path, "../shared/models/%s", file);
        if (access(path, R_OK)) print_message("skipped: no %s\n", path);
        else check(path, file, p2c_value_at(golden, i));
    }
    p2c_value_free(&golden);
    p2c_context_free(&ctx);
}

/* model.c: small networks from ONNX and TensorFlow files, against onnxruntime and TensorFlow: each operation, in the forms that operator sets gave it.
 */
#include "model_case.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ONNX "tests/unit/data/models_onnx.pt"
#define TENSORFLOW "tests/unit/data/models_tensorflow.pt"

/* Of 1, or of the value where it is larger. */
static double distance(const float *got, const float *want, size_t count) {
    double worst = 0;
    for (size_t i = 0; i < count; i++) {
        double d = fabs((double)got[i] - want[i]) / fmax(1, fabs(want[i]));
        if (!(d <= worst)) worst = d; /* also NaN */
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

const struct CMUnitTest p2c_tests_model[] = {
    TEST(onnx),
    TEST(tensorflow),
};
const size_t p2c_tests_model_count = sizeof p2c_tests_model / sizeof *p2c_tests_model;

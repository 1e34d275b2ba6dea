/* model_bad.c: ONNX and TensorFlow files that are damaged, or made to do harm. Each is refused with
 * one line that says why. None crashes, leaks, or takes memory or time out of proportion
 * (AddressSanitizer shows the first two). */
#include "model_case.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DATA "tests/unit/data/"

static void assert_one_line(P2cContext *ctx, const char *path) {
    assert_error_says(ctx, ""); /* one line */
    if (!strstr(p2c_error(ctx), path))
        fail_msg("the error should name '%s', but is '%s'", path, p2c_error(ctx));
}

static void wrong_files(void **state) {
    Scratch *scratch = *state;
    static const float weights[] = { 1, 2, 3, 4 };
    P2cValue *cases;
    int wrong = 0;
    char outside[128];
    snprintf(outside, sizeof outside, "%s.bin", scratch->folder);
    put_file(outside, weights, sizeof weights);
    put_file(scratch_path(scratch, "w.bin"), weights, sizeof weights);
    assert_int_equal(symlink(outside, scratch_path(scratch, "link.bin")), 0);
    assert_int_equal(p2c_pt_read(scratch->ctx, DATA "models_bad.pt", &cases), P2C_OK);
    const char *path = scratch_path(scratch, "bad.onnx");
    for (size_t i = 0; i < p2c_value_count(cases); i++) {
        const P2cValue *c = p2c_value_at(cases, i), *model = p2c_value_at(c, 0);
        const char *says = p2c_value_as_string(p2c_value_at(c, 1));
        put_file(path, p2c_value_data(model), (size_t)p2c_value_shape(model).size[0]);
        P2cStatus status = model_try(scratch->ctx, path);
        bool right = *says ? status && strstr(p2c_error(scratch->ctx), says) : !status;
        if (!right)
            print_error("%s: status %d, '%s' instead of '%s'\n", p2c_value_key(cases, i), status,
                        status ? p2c_error(scratch->ctx) : "", says);
        if (*says) assert_one_line(scratch->ctx, path);
        wrong += !right;
    }
    p2c_value_free(&cases);
    unlink(outside);
    assert_int_equal(wrong, 0);
}

static void no_models(void **state) {
    Scratch *scratch = *state;
    static const struct {
        const char *path, *because;
    } cases[] = {
        { "nonexistent.onnx", "No such file" },
        { "tests/unit", "is a folder" },
        { "/dev/null", "not a regular file" },
        { "tests/unit/model_bad.c", "neither an ONNX file nor a frozen TensorFlow graph" },
        { DATA "small_zip.pt", "neither an ONNX file" },
    };
    P2cModel *model;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_not_equal(p2c_model_read(scratch->ctx, cases[i].path, &model), P2C_OK);
        assert_null(model);
        assert_error_says(scratch->ctx, cases[i].because);
        assert_error_says(scratch->ctx, cases[i].path);
    }
    put_file(scratch_path(scratch, "empty"), "", 0);
    assert_int_equal(p2c_model_read(scratch->ctx, scratch->path, &model), P2C_ERR_FORMAT);
    assert_error_says(scratch->ctx, "is empty");
}

/* The case of that name. */
static const ModelCase *case_of(const ModelCases *cases, const char *name) {
    for (int i = 0; i < cases->count; i++)
        if (!strcmp(cases->at[i].name, name)) return &cases->at[i];
    fail_msg("no case '%s'", name);
    return NULL;
}

/* A file that is cut off anywhere is refused, by its reader or because something is missing. A cut
 * between two fields of the outermost message cannot be noticed, so a few cuts leave a smaller
 * network that is complete. */
static void truncated(void **state) {
    Scratch *scratch = *state;
    static const struct {
        const char *file, *name;
    } which[] = {
        { DATA "models_onnx.pt", "conv_norm" },
        { DATA "models_onnx.pt", "computed_size" },
        { DATA "models_tensorflow.pt", "conv_norm_relu6" },
        { DATA "models_tensorflow.pt", "computed_shape" },
    };
    for (size_t k = 0; k < sizeof which / sizeof *which; k++) {
        ModelCases cases;
        model_cases_read(scratch->ctx, which[k].file, &cases);
        const ModelCase *c = case_of(&cases, which[k].name);
        const char *path = scratch_path(scratch, "cut");
        size_t whole = 0;
        for (size_t size = 0; size < c->size; size++) {
            put_file(path, c->model, size);
            if (model_try(scratch->ctx, path) == P2C_OK) whole++;
            else assert_one_line(scratch->ctx, path);
        }
        print_message("%s: %zu of %zu cuts leave a network\n", which[k].name, whole, c->size);
        assert_true(whole < 24);
        model_cases_clear(&cases);
    }
}

/* Any byte is replaced by another one. The result is a network or one line. */
static void flipped(void **state) {
    Scratch *scratch = *state;
    static const char *const files[] = { DATA "models_onnx.pt", DATA "models_tensorflow.pt" };
    static const unsigned char masks[] = { 0x01, 0x80, 0xff };
    const char *path = scratch_path(scratch, "flipped");
    int refused = 0;
    for (size_t k = 0; k < 2; k++) {
        ModelCases cases;
        model_cases_read(scratch->ctx, files[k], &cases);
        for (int i = 0; i < cases.count; i += 5) {
            const ModelCase *c = &cases.at[i];
            unsigned char *bytes = malloc(c->size);
            assert_non_null(bytes);
            for (size_t at = (size_t)i % 3; at < c->size; at += 1 + c->size / 60) {
                memcpy(bytes, c->model, c->size);
                bytes[at] ^= masks[at % 3];
                put_file(path, bytes, c->size);
                if (model_try(scratch->ctx, path) == P2C_OK) continue;
                assert_error_says(scratch->ctx, "");
                refused++;
            }
            free(bytes);
        }
        model_cases_clear(&cases);
    }
    assert_true(refused > 100);
}

const struct CMUnitTest p2c_tests_model_bad[] = {
    TEST(wrong_files),
    TEST(no_models),
    TEST(truncated),
    TEST(flipped),
};
const size_t p2c_tests_model_bad_count = sizeof p2c_tests_model_bad / sizeof *p2c_tests_model_bad;

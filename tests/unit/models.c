/* models.c: where model files are searched, and under which names. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "support.h"

/* Environment variables, saved before and restored after a test. */
static const char *const variables[] = { "P2CNN_MODELS", "XDG_DATA_HOME", "HOME" };
static char *kept[3];

static void set(const char *own, const char *data, const char *home) {
    const char *values[] = { own, data, home };
    for (int i = 0; i < 3; i++)
        values[i] ? setenv(variables[i], values[i], 1) : unsetenv(variables[i]);
}

static int keep(void **state) {
    for (int i = 0; i < 3; i++)
        kept[i] = getenv(variables[i]) ? strdup(getenv(variables[i])) : NULL;
    return scratch_setup(state);
}

static int put_back(void **state) {
    set(kept[0], kept[1], kept[2]);
    for (int i = 0; i < 3; i++) free(kept[i]);
    return scratch_teardown(state);
}

static void folder(void **state) {
    (void)state;
    static const struct {
        const char *given, *own, *data, *home, *expected;
    } cases[] = {
        { "here", "/own", "/data", "/home/me", "here" },
        { NULL, "/own", "/data", "/home/me", "/own" },
        { "", "/own", "/data", "/home/me", "/own" },
        { NULL, NULL, "/data", "/home/me", "/data/p2cnn" },
        { NULL, "", "/data", "/home/me", "/data/p2cnn" },
        { NULL, NULL, NULL, "/home/me", "/home/me/.local/share/p2cnn" },
        { NULL, NULL, "relative", "/home/me", "/home/me/.local/share/p2cnn" },
        { NULL, NULL, NULL, NULL, "/.local/share/p2cnn" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[64];
        set(cases[i].own, cases[i].data, cases[i].home);
        assert_true(p2c_models_folder(cases[i].given, path, sizeof path));
        assert_string_equal(path, cases[i].expected);
    }
}

static void folder_that_does_not_fit(void **state) {
    (void)state;
    char path[12] = "before";
    set(NULL, "/data", NULL);
    assert_true(p2c_models_folder(NULL, path, sizeof path));
    assert_string_equal(path, "/data/p2cnn");
    assert_false(p2c_models_folder(NULL, path, sizeof path - 1));
    assert_string_equal(path, "");
    assert_false(p2c_models_folder("given", path, 5));
}

static void find(void **state) {
    Scratch *s = *state;
    static const struct {
        const char *role, *name;
    } files[] = {
        { "weights", "weights.pt" },       { "detector", "detector.onnx" },
        { "landmarks", "landmarks.onnx" }, { "matte", "matte.pb" },
        { "matte", "matte.onnx" },
    };
    char path[160];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        /* matte.pb exists by then, but matte.onnx comes first */
        bool second = strcmp(files[i].name, "matte.onnx") == 0;
        assert_int_equal(p2c_models_find(s->folder, files[i].role, path, sizeof path), second);
        put_file(scratch_path(s, files[i].name), "x", 1);
        assert_true(p2c_models_find(s->folder, files[i].role, path, sizeof path));
        assert_string_equal(path, scratch_path(s, files[i].name));
    }
    assert_false(p2c_models_find(s->folder, "nose", path, sizeof path));
    assert_string_equal(path, "");
    assert_false(p2c_models_find("/nowhere", "matte", path, sizeof path));
    assert_false(p2c_models_find(s->folder, "weights", path, strlen(s->folder) + 5));
}

static void a_folder_is_no_model(void **state) {
    Scratch *s = *state;
    char path[160];
    assert_int_equal(mkdir(scratch_path(s, "weights.pt"), 0700), 0);
    assert_false(p2c_models_find(s->folder, "weights", path, sizeof path));
    assert_int_equal(remove(scratch_path(s, "weights.pt")), 0);
}

#define KEEPING(function) cmocka_unit_test_setup_teardown(function, keep, put_back)
const struct CMUnitTest p2c_tests_models[] = { KEEPING(folder), KEEPING(folder_that_does_not_fit),
                                               KEEPING(find), KEEPING(a_folder_is_no_model) };
const size_t p2c_tests_models_count = sizeof p2c_tests_models / sizeof *p2c_tests_models;

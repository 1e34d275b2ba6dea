/* fit.c (test): the networks that p2c-fit trains, with samples drawn here: their shapes and sizes;
 * that they learn; that a resumed training gives the same bits; measures; files. */
#include "../../train/fit/evaluate.h"
#include "../../train/fit/step.h"
#include "../../train/fit/trainer.h"
#include "../../train/fit/weights.h"
#include "../device.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runs.h"

#define OK(call) assert_int_equal(call, P2C_OK)

enum { BATCH = 2 };
typedef struct Trainee {
    P2cContext *ctx;
    P2cStore *store;
    FitStep step;
    float *pictures, *targets;
} Trainee;

/* A disc on a smooth background, with another place and size for each sample; points on its
 * border. */
static void draw(FitTask task, int sample, float *picture, float *target) {
    int side = task == FIT_MATTE ? FIT_MATTE_SIZE : FIT_LANDMARK_SIZE;
    float cx = 0.4f + 0.2f * (float)(sample % 2), cy = 0.5f, r = 0.25f + 0.03f * (float)sample;
    for (int i = 0; i < side * side; i++) {
        float x = (float)(i % side) / (float)side, y = (float)(i / side) / (float)side;
        bool inside = hypotf(x - cx, y - cy) < r;
        for (int c = 0; c < 3; c++)
            picture[c * side * side + i] =
                inside ? 0.6f - 0.2f * (float)c : 0.3f * sinf(9 * x + (float)c) - 0.4f;
        if (task == FIT_MATTE) target[i] = inside;
    }
    for (int k = 0; task == FIT_LANDMARKS && k < P2C_LANDMARKS; k++) {
        float angle = k == 36 ? 3.14159f : k == 45 ? 0 : 0.0924f * (float)k;
        target[2 * k] = cx + r * cosf(angle);
        target[2 * k + 1] = cy + r * sinf(angle);
    }
}

static void trainee_init(Trainee *t, FitTask task, int threads) {
    size_t p = fit_picture_floats(task), q = fit_target_floats(task);
    OK(p2c_context_new(&t->ctx, test_device(), threads));
    OK(p2c_store_new(&t->store, t->ctx, 3));
    OK(fit_step_init(&t->step, t->ctx, t->store, task, BATCH));
    t->pictures = malloc(BATCH * p * sizeof *t->pictures);
    t->targets = malloc(BATCH * q * sizeof *t->targets);
    assert_true(t->pictures && t->targets);
    for (size_t i = 0; i < BATCH; i++) draw(task, (int)i, t->pictures + i * p, t->targets + i * q);
}

static void trainee_clear(Trainee *t) {
    fit_step_clear(&t->step);
    p2c_store_free(&t->store);
    p2c_context_free(&t->ctx);
    free(t->pictures);
    free(t->targets);
}

static double train(Trainee *t, int steps) {
    for (int i = 0; i < steps; i++) OK(fit_step_run(&t->step, t->pictures, t->targets));
    return scalar_of(t->step.terms[FIT_LOSS]);
}

/* ---- networks -------------------------------------------------------------------------------- */

static void check_network(FitTask task, P2cDims expected, int64_t limit) {
    P2cContext *ctx;
    P2cStore *store;
    FitNet net;
    OK(p2c_context_new(&ctx, test_device(), 2));
    OK(p2c_store_new(&store, ctx, 1));
    OK(fit_net_init(&net, ctx, store, task, fit_name(task), 2));
    assert_true(p2c_dims_equal(p2c_node_dims(net.y), expected));
    assert_in_range(report_parameters(store, fit_name(task)), limit / 2, limit);
    fit_net_clear(&net);
    p2c_store_free(&store);
    p2c_context_free(&ctx);
}

static void test_networks(void **state) {
    (void)state;
    check_network(FIT_MATTE, P2C_DIMS(2, 1, FIT_MATTE_SIZE, FIT_MATTE_SIZE), 300000);
    check_network(FIT_LANDMARKS, P2C_DIMS(2, 2 * P2C_LANDMARKS), 400000);
}

static void refuse(P2cDims dims, P2cNode *network(P2cNet, P2cNode *), const char *text) {
    P2cContext *ctx;
    P2cStore *store;
    P2cGraph *graph;
    OK(p2c_context_new(&ctx, test_device(), 1));
    OK(p2c_store_new(&store, ctx, 1));
    OK(p2c_graph_new(&graph, ctx));
    assert_null(network(p2c_net(graph, store, "net"), p2c_input(graph, "x", dims)));
    assert_int_equal(p2c_graph_finish(graph), P2C_ERR_SHAPE);
    assert_non_null(strstr(p2c_error(ctx), text));
    p2c_graph_free(&graph);
    p2c_store_free(&store);
    p2c_context_free(&ctx);
}

static void test_shapes_refused(void **state) {
    (void)state;
    refuse(P2C_DIMS(1, 3, 250, 256), p2c_matte_network, "divisible by 32, got (1,3,250,256)");
    refuse(P2C_DIMS(1, 1, 256, 256), p2c_matte_network, "got (1,1,256,256)");
    refuse(P2C_DIMS(1, 3, 128, 128), p2c_landmark_network,
           "expected pictures (n,3,112,112), got (1,3,128,128)");
}

/* ---- training -------------------------------------------------------------------------------- */

static void check_learns(FitTask task, double part) {
    Trainee t;
    trainee_init(&t, task, 2);
    double before = train(&t, 1), after = train(&t, 25);
    assert_true(isfinite(before) && after < part * before);
    assert_true(scalar_of(t.step.squares) > 0);
    trainee_clear(&t);
}

static void test_learns(void **state) {
    (void)state;
    check_learns(FIT_MATTE, 0.7);
    check_learns(FIT_LANDMARKS, 0.5);
}

static void assert_same_store(const P2cStore *a, const P2cStore *b) {
    assert_int_equal(p2c_store_count(a), p2c_store_count(b));
    for (int i = 0; i < p2c_store_count(a); i++) {
        size_t n = p2c_dims_count(p2c_store_dims(a, i));
        float *values = malloc(2 * n * sizeof *values);
        assert_non_null(values);
        OK(p2c_store_read(a, i, values));
        OK(p2c_store_read(b, p2c_store_find(b, p2c_store_name(a, i)), values + n));
        if (memcmp(values, values + n, n * sizeof *values))
            fail_msg("%s differs", p2c_store_name(a, i));
        free(values);
    }
}

/* Four steps, against two steps that are saved, loaded with another number of threads, and
 * continued with two more. */
static void check_resumes(Runs *runs, FitTask task) {
    Trainee whole, first, second;
    FitOptions options = { .task = task,
                           .command = fit_name(task),
                           .portraits = "somewhere",
                           .teacher = "some",
                           .batch = BATCH,
                           .keep = 2 };
    trainee_init(&whole, task, 2);
    train(&whole, 4);

    trainee_init(&first, task, 2);
    train(&first, 2);
    Fit fit = {
        .options = &options, .run = run_nothing(), .store = first.store, .step = first.step
    };
    fit.run.ctx = first.ctx;
    fit.run.state.step = 2;
    RunRequest request = { .result_dir = runs->folder,
                           .name = fit_name(task),
                           .dataset = fit_name(task) };
    assert_int_equal(rundir_open(&fit.run.dir, &request), 0);
    assert_int_equal(fit_save(&fit), 0);

    char file[RUN_FILE];
    P2cValue *tree;
    rundir_file(&fit.run.dir, 2, file);
    trainee_init(&second, task, 1);
    OK(p2c_pt_read(second.ctx, file, &tree));
    Fit again = {
        .options = &options, .run = run_nothing(), .store = second.store, .step = second.step
    };
    again.run.ctx = second.ctx;
    assert_int_equal(fit_state_load(&again.state, &again.run.state, p2c_value_get(tree, "p2cnn")),
                     0);
    assert_int_equal(fit_restore(&again, tree), 0);
    assert_int_equal(again.run.state.step, 2);
    second.step.adam.step = again.step.adam.step;
    assert_int_equal(second.step.adam.step, 2);
    train(&second, 2);
    assert_same_store(whole.store, second.store);
    p2c_value_free(&tree);
    rundir_close(&fit.run.dir);
    trainee_clear(&whole);
    trainee_clear(&first);
    trainee_clear(&second);
}

static void test_resumes(void **state) {
    check_resumes(*state, FIT_MATTE);
    check_resumes(*state, FIT_LANDMARKS);
}

/* A sample that is not a number changes nothing. */
static void test_bad_sample(void **state) {
    Trainee t, untouched;
    (void)state;
    trainee_init(&t, FIT_LANDMARKS, 2);
    trainee_init(&untouched, FIT_LANDMARKS, 2);
    t.pictures[7] = NAN;
    train(&t, 1);
    assert_false(isfinite(scalar_of(t.step.terms[FIT_LOSS])));
    assert_int_equal(t.step.adam.step, 0);
    for (int i = 0; i < p2c_store_count(t.store); i++) {
        float a[8] = { 0 }, b[8] = { 0 };
        if (p2c_dims_count(p2c_store_dims(t.store, i)) > 8) continue;
        OK(p2c_store_read(t.store, i, a));
        OK(p2c_store_read(untouched.store, i, b));
        assert_memory_equal(a, b, sizeof a);
    }
    trainee_clear(&t);
    trainee_clear(&untouched);
}

static void test_rates(void **state) {
    (void)state;
    FitOptions o = { .steps = 110, .warmup = 10, .lr = 0.5, .ema = 0.99 };
    assert_true(fabs(fit_rate(&o, 1) - 0.05) < 1e-12 && fabs(fit_rate(&o, 10) - 0.5) < 1e-12);
    assert_true(fabs(fit_rate(&o, 60) - 0.25) < 1e-12 && fabs(fit_rate(&o, 110)) < 1e-12);
    assert_true(fabs(p2c_average_decay(o.ema, 0) - 0.1) < 1e-12 &&
                p2c_average_decay(o.ema, 100000) == 0.99);
}

/* ---- measures -------------------------------------------------------------------------------- */

static void test_figures(void **state) {
    (void)state;
    size_t count = fit_target_floats(FIT_MATTE);
    float *y = calloc(2, count * sizeof *y), *t = y + count;
    assert_non_null(y);
    /* answer: the upper half; truth: the upper three quarters */
    for (size_t i = 0; i < count; i++) {
        y[i] = i < count / 2 ? 1 : 0.25f;
        t[i] = i < count / 4 * 3;
    }
    FitFigures f = { 0 };
    fit_figures_add(&f, FIT_MATTE, y, t);
    assert_true(fabs(f.value[FIT_ERROR] - (0.25 * 0.75 + 0.25 * 0.25)) < 1e-6 &&
                fabs(f.value[FIT_SCORE] - 2.0 / 3) < 1e-6);

    float points[2][2 * P2C_LANDMARKS];
    for (int k = 0; k < 2 * P2C_LANDMARKS; k++) points[0][k] = points[1][k] = 0.5f;
    points[1][2 * 36] = 0.3f, points[1][2 * 45] = 0.7f; /* eyes 0.4 apart, level */
    memcpy(points[0], points[1], sizeof points[0]);
    points[0][2 * 45 + 1] += 0.4f * 0.0330f; /* 1.89 degrees */
    f = (FitFigures){ 0 };
    fit_figures_add(&f, FIT_LANDMARKS, points[0], points[1]);
    assert_true(f.value[FIT_SCORE] == 1 &&
                fabs(f.value[FIT_ERROR] - 0.0330 / P2C_LANDMARKS) < 1e-6);
    points[0][2 * 45 + 1] += 0.4f * 0.0030f; /* 2.06 degrees */
    fit_figures_add(&f, FIT_LANDMARKS, points[0], points[1]);
    assert_true(f.value[FIT_SCORE] == 1 && f.samples == 2);
    free(y);
}

/* ---- files ----------------------------------------------------------------------------------- */

/* Half precision: numbers that it can hold stay the same; others are rounded to nearest, ties to
 * even, up to the smallest and largest numbers. */
static void test_weights(void **state) {
    static const float in[] = { 0,
                                1,
                                -1.5f,
                                65504,
                                6.1035156e-5f,
                                5.9604645e-8f,
                                2.9802322e-8f,
                                8.9406967e-8f,
                                1 + 1.0f / 2048,
                                1 + 3.0f / 2048,
                                1e6f,
                                0.333333f };
    static const float out[] = { 0,
                                 1,
                                 -1.5f,
                                 65504,
                                 6.1035156e-5f,
                                 5.9604645e-8f,
                                 0,
                                 1.1920929e-7f,
                                 1,
                                 1 + 4.0f / 2048,
                                 INFINITY,
                                 0.33325195f };
    enum { COUNT = sizeof in / sizeof *in };
    Runs *runs = *state;
    P2cStore *store;
    P2cGraph *graph;
    P2cValue *tree = NULL;
    const P2cValue *weights;
    FitTask task = FIT_LANDMARKS;
    float back[COUNT];
    OK(p2c_store_new(&store, runs->ctx, 1));
    OK(p2c_graph_new(&graph, runs->ctx));
    p2c_param(p2c_net(graph, store, "matte_ema"), "w", P2C_DIMS(COUNT), P2C_CONSTANT(0));
    OK(p2c_store_write(store, 0, in));
    assert_int_equal(
        fit_weights_write(runs->ctx, store, FIT_MATTE, "matte_ema", runs_path(runs, "w.pt")), 0);
    assert_int_equal(fit_weights_read(runs->ctx, runs_path(runs, "w.pt"), &task, &tree, &weights),
                     0);
    assert_int_equal(task, FIT_MATTE);
    assert_int_equal(p2c_value_type(p2c_value_get(weights, "w")), P2C_F16);
    p2c_value_to_float(p2c_value_get(weights, "w"), back);
    for (int i = 0; i < COUNT; i++)
        if (back[i] != out[i])
            fail_msg("%g became %g, expected %g", (double)in[i], (double)back[i], (double)out[i]);
    p2c_value_free(&tree);
    p2c_graph_free(&graph);
    p2c_store_free(&store);
}

const struct CMUnitTest p2c_tests_fit[] = {
    cmocka_unit_test(test_networks),   cmocka_unit_test(test_shapes_refused),
    cmocka_unit_test(test_learns),     RUNS_TEST(test_resumes),
    cmocka_unit_test(test_bad_sample), cmocka_unit_test(test_rates),
    cmocka_unit_test(test_figures),    RUNS_TEST(test_weights),
};
const size_t p2c_tests_fit_count = sizeof p2c_tests_fit / sizeof *p2c_tests_fit;

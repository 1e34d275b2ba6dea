/* step.c (test): the properties of the training step: parts against batches, the effect of a bad
 * picture, averages. tests/golden/training.c compares its numbers with PyTorch's. */
#include "../../train/step.h"
#include "../../train/autoencoder.h"
#include "../device.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/support.h"

enum {
    CH = 4,
    SIZE = 96 /* the smallest that the deep discriminators take */,
    PIXELS = 3 * SIZE * SIZE,
    MOST = 4
};

typedef struct Trainee {
    P2cContext *ctx;
    P2cStore *store;
    Step step;
    StepUpdates updates;
} Trainee;

#define OK(call) assert_int_equal(call, P2C_OK)

static void trainee_init_with(Trainee *t, StepOptions o, double decay) {
    o.ch = CH, o.size = SIZE, o.average = decay > 0;
    OK(p2c_context_new(&t->ctx, test_device(), 2));
    OK(p2c_store_new(&t->store, t->ctx, 7));
    t->updates = step_updates(&o);
    OK(step_init(&t->step, &t->updates, t->ctx, t->store, &o));
    t->updates.decay = decay;
}

static void trainee_init(Trainee *t, int batch, int parts, double decay) {
    StepOptions o = step_defaults();
    o.batch = batch, o.parts = parts;
    trainee_init_with(t, o, decay);
}

static void trainee_clear(Trainee *t) {
    step_clear(&t->step);
    p2c_store_free(&t->store);
    p2c_context_free(&t->ctx);
}

/* MOST smooth, different pictures for each domain. */
static void draw(float *a, float *b, int n) {
    for (int i = 0; i < n * PIXELS; i++) {
        float k = (float)(1 + i / PIXELS), x = (float)(i % SIZE) / SIZE,
              y = (float)(i / SIZE % SIZE) / SIZE;
        a[i] = sinf(5 * x + k) * cosf(k * y);
        b[i] = x * y * k > 0.5f ? 0.8f : -0.6f + 0.1f * k;
    }
}

static void run(Trainee *t, int n, const float *bad) {
    static float a[MOST * PIXELS], b[MOST * PIXELS];
    draw(a, b, n);
    if (bad) b[5] = *bad;
    OK(p2c_node_write(t->step.a, a));
    OK(p2c_node_write(t->step.b, b));
    OK(p2c_graph_run(t->step.graph));
}

static double scalar(const P2cNode *node) {
    float value;
    OK(p2c_node_read(node, &value));
    return value;
}

/* The largest difference of a parameter, relative to 1, and the parameter's name. */
static double largest_difference(const Trainee *x, const Trainee *y, const char *ending) {
    double worst = 0;
    for (int i = 0; i < p2c_store_count(x->store); i++) {
        const char *name = p2c_store_name(x->store, i);
        if (strlen(name) < strlen(ending) || strcmp(name + strlen(name) - strlen(ending), ending))
            continue;
        size_t n = p2c_dims_count(p2c_store_dims(x->store, i));
        float *p = malloc(2 * n * sizeof *p);
        assert_non_null(p);
        OK(p2c_store_read(x->store, i, p));
        OK(p2c_store_read(y->store, p2c_store_find(y->store, name), p + n));
        for (size_t k = 0; k < n; k++) worst = fmax(worst, fabs(p[k] - p[n + k]));
        free(p);
    }
    return worst;
}

/* Of all parameters below a beginning of their names. */
static double sum_of_squares(const Trainee *t, const char *beginning) {
    double sum = 0;
    for (int i = 0; i < p2c_store_count(t->store); i++) {
        if (strncmp(p2c_store_name(t->store, i), beginning, strlen(beginning))) continue;
        size_t n = p2c_dims_count(p2c_store_dims(t->store, i));
        float *p = malloc(n * sizeof *p);
        assert_non_null(p);
        OK(p2c_store_read(t->store, i, p));
        for (size_t k = 0; k < n; k++) sum += (double)p[k] * (double)p[k];
        free(p);
    }
    return sum;
}

/* As autoencoders the generators come nearer to their input, in parts as at once, and the
 * discriminators stay. */
static void test_autoencoder(void **state) {
    (void)state;
    double first[2];
    for (int parts = 1; parts <= 2; parts++) {
        Trainee t;
        Step autoencoder;
        StepOptions o = step_defaults();
        o.ch = CH, o.size = SIZE, o.batch = 2 / parts, o.parts = parts, o.ch_b2a = CH;
        trainee_init(&t, 2 / parts, parts, 0);
        OK(autoencoder_init(&autoencoder, &t.updates, t.ctx, t.store, &o));
        Step real = t.step;
        t.step = autoencoder;
        double before = sum_of_squares(&t, "dis"), start = 0, end = 0;
        for (int i = 0; i < 8; i++) {
            run(&t, 2, NULL);
            end = scalar(autoencoder.sum[TERM_IDENTITY]);
            if (i == 0) start = end;
        }
        assert_true(end < start && scalar(autoencoder.sum[TERM_G]) == end);
        assert_float_equal(end, scalar(autoencoder.of_a[TERM_G]) + scalar(autoencoder.of_b[TERM_G]),
                           1e-6);
        assert_true(scalar(autoencoder.sum[TERM_D]) == 0 && scalar(autoencoder.squares[5]) == 0);
        assert_true(scalar(autoencoder.squares[0]) > 0 && scalar(autoencoder.squares[1]) > 0);
        assert_true(sum_of_squares(&t, "dis") == before);
        assert_int_equal(t.updates.generators.step, 8);
        assert_int_equal(t.updates.discriminators.step, 0);
        first[parts - 1] = start;
        t.step = real;
        step_clear(&autoencoder);
        trainee_clear(&t);
    }
    assert_float_equal(first[0], first[1], 1e-5);
}

/* Four pictures at once, and in two or four parts, give the same losses, gradients and power
 * iterations, even after an update. */
static void test_parts(void **state) {
    (void)state;
    for (int parts = 2; parts <= MOST; parts *= 2) {
        Trainee whole, cut;
        trainee_init(&whole, MOST, 1, 0);
        trainee_init(&cut, MOST / parts, parts, 0);
        run(&whole, MOST, NULL);
        run(&cut, MOST, NULL);
        for (int t = 0; t < TERM_COUNT; t++) {
            assert_float_equal(scalar(cut.step.of_a[t]), scalar(whole.step.of_a[t]),
                               1e-5 * fabs(scalar(whole.step.of_a[t])));
            assert_float_equal(scalar(cut.step.sum[t]), scalar(whole.step.sum[t]),
                               1e-5 * fabs(scalar(whole.step.sum[t])));
        }
        for (int i = 0; i < NETWORKS; i++)
            assert_float_equal(scalar(cut.step.squares[i]), scalar(whole.step.squares[i]),
                               2e-3 * scalar(whole.step.squares[i]));
        assert_true(largest_difference(&whole, &cut, "weight_u") < 1e-5);
        /* Adam takes the sign of a gradient that is only noise */
        assert_true(largest_difference(&whole, &cut, "weight") <= 2e-4 + 1e-6);
        assert_int_equal(cut.updates.generators.step, 1);
        assert_int_equal(cut.updates.discriminators.step, 1);
        trainee_clear(&whole);
        trainee_clear(&cut);
    }
}

/* If a picture is not a number, no weight changes, nothing is counted, a tensor is named, and the
 * next step is not affected. */
static void test_bad_picture(void **state) {
    (void)state;
    Trainee t, untouched;
    float bad = NAN;
    trainee_init(&untouched, 1, 1, 0);
    trainee_init(&t, 1, 1, 0);
    run(&t, 1, &bad);
    assert_true(largest_difference(&t, &untouched, "weight") == 0 &&
                largest_difference(&t, &untouched, "weight_orig") == 0);
    assert_true(largest_difference(&t, &untouched, "rho") == 0);
    assert_true(t.updates.generators.step == 0 && t.updates.discriminators.step == 0);
    const char *name = NULL;
    for (int i = 0; i < NETWORKS && !name; i++) name = p2c_nonfinite_gradient(t.step.squares[i]);
    assert_non_null(name);
    run(&t, 1, NULL);
    assert_true(t.updates.generators.step == 1 && t.updates.discriminators.step == 1);
    assert_true(isfinite(scalar(t.step.sum[TERM_G])) &&
                largest_difference(&t, &untouched, "weight") > 0);
    trainee_clear(&t);
    trainee_clear(&untouched);
}

/* ---- the lite step ---- */

static void expect_same(const Trainee *x, const Trainee *y, Term term) {
    assert_float_equal(scalar(x->step.sum[term]), scalar(y->step.sum[term]), 1e-6);
}

/* A step that stands for five has the terms of one, weighs identity and its half of CAM five times,
 * and moves the generators elsewhere. One without has the terms that need no identity. */
static void test_identity_every(void **state) {
    (void)state;
    enum { EVERY = 5 };
    Trainee one, five, none;
    StepOptions o = step_defaults();
    trainee_init_with(&one, o, 0);
    o.identity_every = EVERY;
    trainee_init_with(&five, o, 0);
    o.identity_every = 0;
    trainee_init_with(&none, o, 0);
    run(&one, 1, NULL);
    run(&five, 1, NULL);
    run(&none, 1, NULL);
    for (Term t = TERM_D; t < TERM_COUNT; t++)
        if (t != TERM_G) expect_same(&one, &five, t);
    expect_same(&one, &none, TERM_D);
    expect_same(&one, &none, TERM_ADV);
    expect_same(&one, &none, TERM_CYCLE);
    assert_true(one.step.has_identity && five.step.has_identity && !none.step.has_identity);
    double identity = o.identity * scalar(one.step.sum[TERM_IDENTITY]),
           cam = o.cam * (scalar(one.step.sum[TERM_CAM]) - scalar(none.step.sum[TERM_CAM])),
           g = scalar(one.step.sum[TERM_G]);
    assert_true(identity > 1 && cam > 1);
    assert_float_equal(scalar(five.step.sum[TERM_G]), g + (EVERY - 1) * (identity + cam), 1e-5 * g);
    assert_float_equal(scalar(none.step.sum[TERM_G]), g - identity - cam, 1e-5 * g);
    assert_true(largest_difference(&one, &five, "weight") > 0);
    trainee_clear(&one);
    trainee_clear(&five);
    trainee_clear(&none);
}

/* Two steps over one store take turns, and count their updates together. */
static void test_steps_in_turns(void **state) {
    (void)state;
    Trainee t;
    Step second;
    static float a[PIXELS], b[PIXELS];
    StepOptions o = step_defaults();
    o.ch_b2a = 2 * CH, o.identity_every = 2;
    trainee_init_with(&t, o, 0);
    o.ch = CH, o.size = SIZE, o.identity_every = 0;
    OK(step_init(&second, &t.updates, t.ctx, t.store, &o));
    int wide = p2c_store_find(t.store, "genB2A.ConvBlock1.1.weight"),
        narrow = p2c_store_find(t.store, "genA2B.ConvBlock1.1.weight");
    assert_int_equal(p2c_store_dims(t.store, wide).d[0], 2 * p2c_store_dims(t.store, narrow).d[0]);
    run(&t, 1, NULL);
    draw(a, b, 1);
    OK(p2c_node_write(second.a, a));
    OK(p2c_node_write(second.b, b));
    OK(p2c_graph_run(second.graph));
    assert_true(isfinite(scalar(second.sum[TERM_G])));
    assert_true(t.updates.generators.step == 2 && t.updates.discriminators.step == 2);
    step_clear(&second);
    trainee_clear(&t);
}

static void test_averages(void **state) {
    (void)state;
    enum { STEPS = 3 };
    Trainee t;
    trainee_init(&t, 1, 1, 0.5);
    int now = p2c_store_find(t.store, "genB2A.conv1x1.weight"),
        average = p2c_store_find(t.store, "genB2A_ema.conv1x1.weight");
    assert_true(now >= 0 && average >= 0);
    size_t n = p2c_dims_count(p2c_store_dims(t.store, now));
    float *p = malloc(2 * n * sizeof *p);
    double *want = malloc(n * sizeof *want);
    assert_true(p && want);
    OK(p2c_store_read(t.store, now, p));
    for (size_t i = 0; i < n; i++) want[i] = p[i]; /* the average starts where the generator does */
    for (int s = 0; s < STEPS; s++) {
        run(&t, 1, NULL);
        OK(p2c_store_read(t.store, now, p));
        OK(p2c_store_read(t.store, average, p + n));
        for (size_t i = 0; i < n; i++) {
            want[i] += 0.5 * (p[i] - want[i]);
            assert_float_equal(p[n + i], want[i], 1e-6);
        }
    }
    free(want);
    free(p);
    trainee_clear(&t);
}

const struct CMUnitTest p2c_tests_step[] = {
    cmocka_unit_test(test_parts),          cmocka_unit_test(test_autoencoder),
    cmocka_unit_test(test_bad_picture),    cmocka_unit_test(test_identity_every),
    cmocka_unit_test(test_steps_in_turns), cmocka_unit_test(test_averages)
};
const size_t p2c_tests_step_count = sizeof p2c_tests_step / sizeof *p2c_tests_step;

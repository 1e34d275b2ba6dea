/* training.c (test): compares the whole training step with PyTorch's, in float64 and in float32.
 *
 * Adam's first steps are nearly lr * sign(gradient). So if a gradient is nearly zero, rounding
 * decides, and two correct implementations drift apart. A step is right if the worst relative error
 * of a loss is at most 8 times that of PyTorch's own float32 run at this step or the one before, +
 * 1e-6; at the first step it must be below 1e-5. After one step a weight may differ by 2 * lr. */
#include "golden.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../train/step.h"

typedef struct Run {
    const char *tag;
    int ch, size, pictures, steps;
    double lr;
    /* length of the schedule: in the second half, lr falls by lr / half at each step */
    int iterations;
} Run;

/* A run in progress. */
typedef struct Training {
    P2cContext *ctx;
    P2cStore *store;
    Step step;
    StepUpdates updates;
    P2cValue *golden;
    float *a, *b;  /* all pictures */
    size_t pixels; /* of one picture */
} Training;

static float *pictures(const Run *run, const char *domain) {
    char tag[64];
    float *pixels =
        malloc((size_t)run->pictures * 3 * (size_t)run->size * (size_t)run->size * sizeof *pixels);
    assert_non_null(pixels);
    snprintf(tag, sizeof tag, "%s.%s", run->tag, domain);
    test_image(tag, run->pictures, run->size, pixels);
    return pixels;
}

static void open_training(Training *t, const Run *run) {
    StepOptions options = step_defaults();
    char path[128];
    options.ch = run->ch, options.size = run->size, options.face = true, options.lr = run->lr;
    test_context(&t->ctx, 0);
    must(t->ctx, p2c_store_new(&t->store, t->ctx, 1));
    t->updates = step_updates(&options);
    must(t->ctx, step_init(&t->step, &t->updates, t->ctx, t->store, &options));
    must(t->ctx, hash_fill(t->store));
    snprintf(path, sizeof path, "tests/golden/data/training_%s.pt", run->tag);
    must(t->ctx, p2c_pt_read(t->ctx, path, &t->golden));
    t->a = pictures(run, "A");
    t->b = pictures(run, "B");
    t->pixels = 3 * (size_t)run->size * (size_t)run->size;
}

static void close_training(Training *t) {
    free(t->a);
    free(t->b);
    p2c_value_free(&t->golden);
    step_clear(&t->step);
    p2c_store_free(&t->store);
    p2c_context_free(&t->ctx);
}

static void train(Training *t, const Run *run, int i) {
    int half = run->iterations / 2;
    if (i >= half)
        t->updates.generators.lr = t->updates.discriminators.lr =
            run->lr - run->lr / half * (i + 1 - half);
    must(t->ctx, p2c_node_write(t->step.a, t->a + (size_t)(i % run->pictures) * t->pixels));
    must(t->ctx, p2c_node_write(t->step.b, t->b + (size_t)(i % run->pictures) * t->pixels));
    must(t->ctx, p2c_graph_run(t->step.graph));
}

static double worst(const double *losses, const double *golden) {
    double w = 0;
    for (int k = 0; k < TERM_COUNT; k++) {
        double e = fabs(losses[k] - golden[k]) / fabs(golden[k]);
        w = isnan(e) ? INFINITY : fmax(w, e);
    }
    return w;
}

static void read_losses(Training *t, double losses[TERM_COUNT]) {
    for (int k = 0; k < TERM_COUNT; k++) {
        float v;
        must(t->ctx, p2c_node_read(t->step.sum[k], &v));
        losses[k] = v;
    }
}

/* Checks 16 values of every weight after the first step, within 2 * lr + 1e-6 of the golden
 * ones. */
static void check_weights(const Training *t, double lr) {
    double digest[DIGEST], furthest = 0;
    int count = 0;
    for (size_t i = 0; i < p2c_value_count(t->golden); i++) {
        const char *key = p2c_value_key(t->golden, i);
        if (strncmp(key, "first.", 6)) continue;
        int at = p2c_store_find(t->store, key + 6);
        assert_true(at >= 0 && digest_read(p2c_value_at(t->golden, i), digest));
        size_t n = p2c_dims_count(p2c_store_dims(t->store, at));
        float *values = malloc(n * sizeof *values);
        assert_non_null(values);
        must(t->ctx, p2c_store_read(t->store, at, values));
        for (int k = 0; k < 16; k++)
            furthest = fmax(furthest, fabs(values[digest_index(n, k)] - digest[2 + k]));
        free(values);
        count++;
    }
    if (count)
        print_message("    %d tensors after step 1: furthest %.2e, allowed %.2e\n", count, furthest,
                      2 * lr + 1e-6);
    assert_true(furthest <= 2 * lr + 1e-6);
}

/* All steps, or as many as P2C_TEST_STEPS says, because a step may take long. */
static int steps_of(const Run *run) {
    const char *limit = getenv("P2C_TEST_STEPS");
    return limit && atoi(limit) > 0 && atoi(limit) < run->steps ? atoi(limit) : run->steps;
}

static void check_run(const Run *run) {
    Training t = { 0 };
    open_training(&t, run);
    const double *golden = p2c_value_data(p2c_value_get(t.golden, "losses")),
                 *torch = p2c_value_data(p2c_value_get(t.golden, "losses_float32"));
    assert_int_equal(p2c_value_shape(p2c_value_get(t.golden, "losses")).size[0], run->steps);
    double before = 0, closest = 0;
    int steps = steps_of(run);
    for (int i = 0; i < steps; i++, golden += TERM_COUNT, torch += TERM_COUNT) {
        double losses[TERM_COUNT];
        train(&t, run, i);
        read_losses(&t, losses);
        double ours = worst(losses, golden), theirs = worst(torch, golden),
               allowed = 8 * fmax(theirs, before) + 1e-6;
        if (i == 0) allowed = fmin(allowed, 1e-5);
        if (i < 2 || i == steps - 1)
            print_message("    %s step %d: off by %.1e, PyTorch's float32 by %.1e\n", run->tag,
                          i + 1, ours, theirs);
        if (!(ours <= allowed))
            fail_msg("%s step %d: off by %.3g, allowed %.3g", run->tag, i + 1, ours, allowed);
        if (i == 0) check_weights(&t, run->lr);
        closest = fmax(closest, ours / allowed);
        before = theirs;
    }
    print_message("    %s: worst %.2f of what is allowed\n", run->tag, closest);
    close_training(&t);
}

void test_training(void **state) {
    (void)state;
    check_run(&(Run){ "ch8_s128", 8, 128, 2, 4, 1e-4, 1000000 });
}

void test_training_slow(void **state) {
    (void)state;
    check_run(&(Run){ "ch8_s128_slow", 8, 128, 2, 20, 1e-6, 20 });
}

void test_training_ch32(void **state) {
    (void)state;
    check_run(&(Run){ "ch32_s256", 32, 256, 1, 2, 1e-4, 1000000 });
}

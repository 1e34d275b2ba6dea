/* trainer.c (test): the learning rate of every step, and what a checkpoint contains besides the
 * weights. */
#include "../../train/trainer.h"

#include <math.h>
#include <string.h>

#include "../unit/support.h"

/* As in the published program: in the second half of the steps it falls by lr/half at each step,
 * from its current value. */
static void test_rate(void **state) {
    (void)state;
    static const int64_t lengths[] = { 2, 3, 20, 21, 1000 };
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        Options o = { .iteration = lengths[i], .lr = 3e-4, .decay_flag = true };
        double rate = o.lr;
        for (int64_t step = 1; step <= o.iteration; step++) {
            if (step > o.iteration / 2) rate -= o.lr / (double)(o.iteration / 2);
            assert_float_equal(trainer_rate(&o, step), fmax(0, rate), 1e-12);
        }
        assert_true(trainer_rate(&o, o.iteration) >= 0 && trainer_rate(&o, o.iteration) < 1e-12);
        o.decay_flag = false;
        assert_true(trainer_rate(&o, o.iteration) == o.lr);
    }
    Options one = { .iteration = 1, .lr = 1e-4, .decay_flag = true };
    assert_true(trainer_rate(&one, 1) == 1e-4);
    Options published = { .iteration = 1000000, .lr = 1e-4, .decay_flag = true };
    assert_true(trainer_rate(&published, 500000) == 1e-4);
    assert_float_equal(trainer_rate(&published, 750000), 0.5e-4, 1e-15);
}

/* A tenth at first, all of it after N steps, in a straight line; the fall over the second half goes
 * on beside it. */
static void test_warm_up(void **state) {
    (void)state;
    Options o = { .iteration = 100, .lr = 2e-4, .warm_up = 10 };
    for (int64_t step = 1; step <= 100; step++)
        assert_float_equal(trainer_rate(&o, step),
                           step <= 10 ? 2e-5 + 1.8e-5 * (double)(step - 1) : 2e-4, 1e-15);
    Options cold = o;
    cold.warm_up = 0, cold.decay_flag = o.decay_flag = true, o.warm_up = 60;
    for (int64_t step = 1; step <= 100; step++)
        assert_float_equal(trainer_rate(&o, step),
                           trainer_rate(&cold, step) * fmin(1, 0.1 + 0.9 * (double)(step - 1) / 60),
                           1e-15);
}

static void test_decay(void **state) {
    (void)state;
    Options o = { .ema = 0.999 };
    assert_float_equal(p2c_average_decay(o.ema, 0), 0.1, 1e-15);
    assert_float_equal(p2c_average_decay(o.ema, 90), 0.91, 1e-15);
    assert_true(p2c_average_decay(o.ema, 8989) < 0.999 && p2c_average_decay(o.ema, 8991) == 0.999 &&
                p2c_average_decay(o.ema, 1000000) == 0.999);
}

static const RunState some_run = { .step = INT64_C(5000000000),
                                   .guard.skips = 3,
                                   .guard.skipped = { 0, 7, 9 },
                                   .branch = 2,
                                   .seconds = 1.5e6 };

static TrainState some_state(void) {
    TrainState s = { .generators = 17,
                     .discriminators = 18,
                     .won = 5,
                     .best_score = 81.25,
                     .best_step = 1000,
                     .pictures = { 359, 194 },
                     .hashes = { 0, UINT64_MAX } };
    strcpy(s.face_weights, "/some where/face.pth");
    return s;
}

static P2cValue *saved(const TrainState *s) {
    Options o;
    char *argv[] = { (char *)(uintptr_t) "p2c-train" };
    assert_int_equal(options_parse(&o, 1, argv), 0);
    P2cValue *dict = state_save(s, &some_run, &o);
    assert_non_null(dict);
    options_clear(&o);
    return dict;
}

static void test_state(void **state) {
    Scratch *scratch = *state;
    TrainState s = some_state(), got;
    RunState run;
    P2cValue *dict = saved(&s), *read = NULL;
    assert_int_equal(p2c_pt_write(scratch->ctx, scratch_path(scratch, "s.pt"), dict), P2C_OK);
    assert_int_equal(p2c_pt_read(scratch->ctx, scratch->path, &read), P2C_OK);
    assert_int_equal(state_load(&got, &run, read), 0);
    assert_true(run.step == some_run.step && run.branch == 2 && run.seconds == 1.5e6);
    assert_true(run.guard.skips == 3 && run.guard.skipped[0] == 0 && run.guard.skipped[1] == 7 &&
                run.guard.skipped[2] == 9);
    assert_true(got.generators == 17 && got.discriminators == 18 && got.won == 5);
    assert_true(got.best_score == 81.25 && got.best_step == 1000);
    assert_true(!memcmp(got.pictures, s.pictures, sizeof s.pictures) &&
                !memcmp(got.hashes, s.hashes, sizeof s.hashes));
    assert_string_equal(got.face_weights, s.face_weights);
    assert_non_null(p2c_value_get(p2c_value_get(read, "options"), "lr"));
    p2c_value_free(&dict);
    p2c_value_free(&read);
}

static P2cValue *copy_of(const P2cValue *v) {
    switch (p2c_value_kind(v)) {
    case P2C_INT: return p2c_value_int(p2c_value_as_int(v));
    case P2C_FLOAT: return p2c_value_float(p2c_value_as_float(v));
    case P2C_STRING: return p2c_value_string(p2c_value_as_string(v));
    default: return p2c_value_none();
    }
}

/* Older programs chose the best checkpoint by KID. A run of theirs goes on, and chooses anew. */
static void test_state_with_kid(void **state) {
    (void)state;
    TrainState s = some_state(), got;
    RunState run;
    P2cValue *now = saved(&s), *dict = p2c_value_dict();
    for (size_t i = 0; i < p2c_value_count(now); i++) {
        const char *key = p2c_value_key(now, i);
        if (strcmp(key, "best_score") != 0)
            assert_int_equal(p2c_value_set(dict, key, copy_of(p2c_value_at(now, i))), P2C_OK);
    }
    assert_int_equal(p2c_value_set(dict, "best_kid", p2c_value_float(-1e-3)), P2C_OK);
    assert_int_equal(state_load(&got, &run, dict), 0);
    assert_true(got.best_step == 0 && got.generators == 17);
    p2c_value_free(&now);
    p2c_value_free(&dict);
}

/* A published checkpoint has no state, that of a later program has another format, and a damaged
 * one may contain anything. */
static void test_state_refused(void **state) {
    (void)state;
    TrainState s = some_state(), got;
    RunState run;
    assert_int_equal(state_load(&got, &run, NULL), EXIT_BAD_INPUT);
    P2cValue *dict = saved(&s);
    assert_int_equal(p2c_value_set(dict, "format", p2c_value_int(2)), P2C_OK);
    assert_int_equal(state_load(&got, &run, dict), EXIT_BAD_INPUT);
    p2c_value_free(&dict);
    static const char *const names[] = { "step", "branch", "best_score", "hash_A", "pictures_B" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        dict = saved(&s);
        assert_int_equal(p2c_value_set(dict, names[i], p2c_value_none()), P2C_OK);
        assert_int_equal(state_load(&got, &run, dict), EXIT_BAD_INPUT);
        p2c_value_free(&dict);
    }
}

static void test_won(void **state) {
    (void)state;
    TrainState s = { 0 };
    for (int round = 0; round < 2; round++) {
        for (int i = 1; i < STATE_WON; i++) assert_false(state_discriminators_won(&s, 0.01));
        assert_true(state_discriminators_won(&s, 0.01));
        /* said once */
        for (int i = 0; i < 3 * STATE_WON; i++) assert_false(state_discriminators_won(&s, 0));
        assert_false(state_discriminators_won(&s, 2.2));
    }
    for (int i = 0; i < 5 * STATE_WON; i++)
        assert_false(state_discriminators_won(&s, i % 999 ? 0.01 : 0.06));
}

const struct CMUnitTest p2c_tests_trainer[] = { cmocka_unit_test(test_rate),
                                                cmocka_unit_test(test_warm_up),
                                                cmocka_unit_test(test_decay),
                                                TEST(test_state),
                                                cmocka_unit_test(test_state_with_kid),
                                                cmocka_unit_test(test_state_refused),
                                                cmocka_unit_test(test_won) };
const size_t p2c_tests_trainer_count = sizeof p2c_tests_trainer / sizeof *p2c_tests_trainer;

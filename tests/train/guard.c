/* guard.c (test): three skipped steps in a hundred roll back, the second time is the end. */
#include "../../train/run/guard.h"

#include "../unit/support.h"

static void test_skips(void **state) {
    (void)state;
    Guard g = { 0 };
    assert_int_equal(guard_step(&g, 1, true), GUARD_GO);
    assert_true(guard_is_calm(&g, 1));
    assert_int_equal(guard_step(&g, 2, false), GUARD_SKIPPED);
    assert_false(guard_is_calm(&g, 2));
    assert_false(guard_is_calm(&g, 101));
    assert_true(guard_is_calm(&g, 102));
    assert_int_equal(guard_step(&g, 50, false), GUARD_SKIPPED);
    assert_int_equal(guard_step(&g, 102, false), GUARD_SKIPPED); /* 2, 50, 102: within 101 steps */
    assert_int_equal(guard_step(&g, 103, true), GUARD_GO);
    assert_int_equal(guard_step(&g, 149, false), GUARD_ROLL_BACK); /* 50, 102, 149: within 100 */
    assert_int_equal(g.skips, 4);
}

static void test_twice(void **state) {
    (void)state;
    Guard g = { 0 };
    for (int s = 1; s < 3; s++) assert_int_equal(guard_step(&g, s, false), GUARD_SKIPPED);
    assert_int_equal(guard_step(&g, 3, false), GUARD_ROLL_BACK);
    guard_rolled_back(&g);
    assert_true(guard_is_calm(&g, 1));
    /* steps before a rollback do not count again */
    for (int s = 1; s < 3; s++) assert_int_equal(guard_step(&g, s, false), GUARD_SKIPPED);
    assert_int_equal(guard_step(&g, 3, false), GUARD_STOP);
    assert_int_equal(g.skips, 6);
}

const struct CMUnitTest p2c_tests_guard[] = { cmocka_unit_test(test_skips),
                                              cmocka_unit_test(test_twice) };
const size_t p2c_tests_guard_count = sizeof p2c_tests_guard / sizeof *p2c_tests_guard;

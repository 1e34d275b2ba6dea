/* order.c (test): permutations are permutations, differ where they should, and are drawn fairly.
 * Seeds are fixed, so tests of unlikely events give the same result every time. */
#include "../../train/run/order.h"

#include "../unit/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 37 };

static void is_a_permutation(void **state) {
    (void)state;
    for (int n = 1; n <= 300; n++) {
        int pictures[300];
        bool seen[300] = { false };
        order_permutation(5, 0, 0, n % 3, n, pictures);
        for (int i = 0; i < n; i++) {
            assert_in_range(pictures[i], 0, n - 1);
            assert_false(seen[pictures[i]]);
            seen[pictures[i]] = true;
        }
    }
}

/* Orders of 37 pictures agree in about one place by chance; none should agree in more than a
 * few. */
static void all_differ(void **state) {
    (void)state;
    int orders[5][N];
    order_permutation(1, 0, 0, 0, N, orders[0]);
    order_permutation(2, 0, 0, 0, N, orders[1]);
    order_permutation(1, 1, 0, 0, N, orders[2]);
    order_permutation(1, 0, 1, 0, N, orders[3]);
    order_permutation(1, 0, 0, 1, N, orders[4]);
    for (int a = 0; a < 5; a++)
        for (int b = 0; b < a; b++) {
            int same = 0;
            for (int i = 0; i < N; i++) same += orders[a][i] == orders[b][i];
            if (same > 6) fail_msg("orders %d and %d agree in %d of %d places", a, b, same, N);
        }
}

/* Each of the six orders of three pictures appears 1000 times of 6000; standard deviation 29. */
static void all_orders_alike(void **state) {
    (void)state;
    int times[6] = { 0 };
    for (int pass = 0; pass < 6000; pass++) {
        int p[3];
        order_permutation(3, 1, 0, pass, 3, p);
        times[2 * p[0] + (p[1] > p[2])]++;
    }
    for (int i = 0; i < 6; i++) assert_in_range(times[i], 850, 1150);
}

/* A word modulo 3 * 2^30 would be in the first third twice as often as in the others. */
static void without_bias(void **state) {
    (void)state;
    int thirds[3] = { 0 };
    Draws draws = draws_start(1, "test", 0, 0, 0);
    for (int i = 0; i < 9000; i++) thirds[draws_below(&draws, 3u << 30) >> 30]++;
    for (int i = 0; i < 3; i++) assert_in_range(thirds[i], 2800, 3200);
    for (int i = 0; i < 100; i++) assert_int_equal(draws_below(&draws, 1), 0);
}

/* A run that was begun with an older build must resume with this one. These numbers were checked by
 * another program and must never change. */
static void never_changes(void **state) {
    (void)state;
    static const int first[] = { 6, 3, 7, 9, 5, 4, 0, 8, 1, 2 },
                     other[] = { 5, 9, 4, 6, 1, 8, 3, 0, 2, 7 };
    int pictures[10];
    order_permutation(1, 0, 0, 0, 10, pictures);
    assert_memory_equal(pictures, first, sizeof first);
    order_permutation(7, 1, 2, 5, 10, pictures);
    assert_memory_equal(pictures, other, sizeof other);
}

static void each_once_a_pass(void **state) {
    (void)state;
    Order order;
    assert_true(order_init(&order, 9, 0, N, true));
    int first[3 * N];
    for (int pass = 0; pass < 3; pass++) {
        int times[N] = { 0 };
        for (int i = 0; i < N; i++)
            times[first[pass * N + i] = order_picture(&order, 2, pass * N + i)]++;
        for (int i = 0; i < N; i++) assert_int_equal(times[i], 1);
    }
    for (int k = 3 * N - 1; k >= 0; k -= 7) { /* backwards, and with another branch in between */
        int other[N];
        order_permutation(9, 0, 1, k / N, N, other);
        assert_int_equal(order_picture(&order, 2, k), first[k]);
        assert_int_equal(order_picture(&order, 1, k), other[k % N]);
    }
    int far = order_picture(&order, 2, (int64_t)N << 40);
    assert_in_range(far, 0, N - 1);
    order_clear(&order);
}

static void unshuffled(void **state) {
    (void)state;
    Order order;
    assert_true(order_init(&order, 9, 0, 4, false));
    for (int k = 0; k < 12; k++) assert_int_equal(order_picture(&order, k, k), k % 4);
    order_clear(&order);
}

const struct CMUnitTest p2c_tests_order[] = {
    cmocka_unit_test(is_a_permutation), cmocka_unit_test(all_differ),
    cmocka_unit_test(all_orders_alike), cmocka_unit_test(without_bias),
    cmocka_unit_test(never_changes),    cmocka_unit_test(each_once_a_pass),
    cmocka_unit_test(unshuffled),
};
const size_t p2c_tests_order_count = sizeof p2c_tests_order / sizeof *p2c_tests_order;

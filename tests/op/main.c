/* main.c: the tests of all operations, expanded from the list; an operation without
 * tests/op/<name>.c does not link. An argument such as 'test_op_conv*' picks tests. */
#include "harness.h"

int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blas),
#define P2C_OP(name) cmocka_unit_test(test_op_##name),
#include "op/op_list.h"
    };
    return cmocka_run_group_tests_name("op", tests, NULL, NULL);
}

/* main.c: the tests of all operations, expanded from the list; an operation without tests/op/<name>.c does not link. */
#include "harness.h"

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blas),
#define P2C_OP(name) cmocka_unit_test(test_op_##name),
#include "op_list.h"
    };
    return cmocka_run_group_tests_name("op", tests, NULL, NULL);
}

/* main.c: the tests of all operations, expanded from the list; an operation without
 * tests/op/<name>.c does not link.
 *
 *     test-op [NAME...]        only those: names of operations, or patterns such as 'conv*'
 */
#include "../pick.h"
#include "harness.h"

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gemm),
#define P2C_OP(name) cmocka_unit_test(test_op_##name),
#include "op/op_list.h"
    };
    return pick_and_run(&(Pick){ "op", argc, argv }, tests, COUNT(tests));
}

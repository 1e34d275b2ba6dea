/* step.c (test): the training step's own properties; its numbers are compared with PyTorch's in tests/golden/training.c. */
#include "../../train/step.h"

#include "../unit/support.h"

static void test_defaults(void **state) {
    (void)state;
    StepOptions o = step_defaults();
    assert_int_equal(o.batch, 1);
    assert_int_equal(o.size, 256);
}

const struct CMUnitTest p2c_tests_step[] = { cmocka_unit_test(test_defaults) };
const size_t p2c_tests_step_count = sizeof p2c_tests_step / sizeof *p2c_tests_step;

/* sigmoid.c: 1 / (1 + exp(-x)). */
#include "harness.h"

static void reference(const OpCase *c, double *const x[], double *y) {
    for (size_t i = 0; i < op_size(c->x[0]); i++) y[i] = 1 / (1 + exp(-x[0][i]));
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    (void)c;
    return p2c_sigmoid(x[0]);
}

void test_op_sigmoid(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_sigmoid, .build = build, .reference = reference };
    const OpCase cases[] = {
        { UNARY_SCALAR },          { UNARY(1, 1, 1, 1) },         { UNARY(3, 5, 4, 7) },
        { UNARY(1, 8, 130, 129) }, { UNARY(3, 70), .range = 12 },
    };
    op_check_all(&t, cases, COUNT(cases));
    for (int w = 1; w <= 40; w++) op_check(&t, &(OpCase){ UNARY(1, w), .range = 3 });
    op_done(&t);
}

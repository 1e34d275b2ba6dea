/* exp.c: the exponential function. */
#include "harness.h"

static void reference(const OpCase *c, double *const x[], double *y) {
    for (size_t i = 0; i < op_size(c->x[0]); i++) y[i] = exp(x[0][i]);
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    (void)c;
    return p2c_exp(x[0]);
}

/* Where floats end: exp(88.73) is the first to overflow, exp(-104) is less than half the
 * smallest. */
static void check_ends(OpTest *t) {
    static const float x[] = { 0, 89, 1e30f, INFINITY, -104, -INFINITY, NAN },
                       dy[] = { 3, 0.5f, 1, 1, 2, 1, 1 };
    static const float y[] = { 1, INFINITY, INFINITY, INFINITY, 0, 0, NAN },
                       dx[] = { 3, INFINITY, INFINITY, INFINITY, 0, 0, NAN };
    op_exact(t, &(OpCase){ UNARY(7) }, &(OpExact){ .x = { x }, .dy = dy, .y = y, .dx = { dx } });
}

void test_op_exp(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_exp, .build = build, .reference = reference };
    const OpCase cases[] = {
        { UNARY_SCALAR },          { UNARY(1, 1, 1, 1) },
        { UNARY(3, 5, 4, 7) },     { UNARY(2, 5, 7), .range = 5 },
        { UNARY(1, 8, 130, 129) }, { UNARY(3, 70), .range = 12 },
    };
    op_check_all(&t, cases, COUNT(cases));
    for (int w = 1; w <= 40; w++) op_check(&t, &(OpCase){ UNARY(1, w), .range = 3 });
    check_ends(&t);
    op_done(&t);
}

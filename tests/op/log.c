/* log.c: the natural logarithm. */
#include "harness.h"

static void reference(const OpCase *c, double *const x[], double *y) {
    for (size_t i = 0; i < op_size(c->x[0]); i++) y[i] = log(x[0][i]);
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    (void)c;
    return p2c_log(x[0]);
}

/* Above 0, and far enough from it for differences. */
static void make_positive(const OpCase *c, float *const x[]) {
    for (size_t i = 0; i < op_size(c->x[0]); i++) x[0][i] = 0.25f + fabsf(x[0][i]);
}

static void check_ends(OpTest *t) {
    static const float x[] = { 1, 0, -1, INFINITY, NAN, 1e-38f }, dy[] = { 3, 0.5f, 1, 1, 1, 0 };
    static const float y[] = { 0, -INFINITY, NAN, INFINITY, NAN, -87.498234f },
                       dx[] = { 3, INFINITY, -1, 0, NAN, 0 };
    op_exact(t, &(OpCase){ UNARY(6) }, &(OpExact){ .x = { x }, .dy = dy, .y = y, .dx = { dx } });
}

void test_op_log(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_log, .build = build, .reference = reference };
    const OpCase cases[] = {
        { UNARY_SCALAR, .prepare = make_positive },
        { UNARY(1, 1, 1, 1), .prepare = make_positive },
        { UNARY(3, 5, 4, 7), .prepare = make_positive },
        { UNARY(2, 5, 7), .range = 5, .prepare = make_positive },
        { UNARY(1, 8, 130, 129), .prepare = make_positive },
        { UNARY(3, 70), .range = 1000, .prepare = make_positive },
    };
    op_check_all(&t, cases, COUNT(cases));
    for (int w = 1; w <= 40; w++)
        op_check(&t, &(OpCase){ UNARY(1, w), .range = 3, .prepare = make_positive });
    check_ends(&t);
    op_done(&t);
}

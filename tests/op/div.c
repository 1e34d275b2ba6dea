/* div.c: elementwise quotients, with broadcasting of either operand. */
#include "broadcast.h"

static void reference(const OpCase *k, double *const x[], double *y) {
    P2cDims d = op_dims(k->y);
    for (int n = 0; n < d.d[0]; n++)
        for (int c = 0; c < d.d[1]; c++)
            for (int h = 0; h < d.d[2]; h++)
                for (int w = 0; w < d.d[3]; w++)
                    y[op_at(d, n, c, h, w)] =
                        broadcast_pick(k, x, 0, n, c, h, w) / broadcast_pick(k, x, 1, n, c, h, w);
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    (void)c;
    return p2c_div(x[0], x[1]);
}

static void avoid_zero(const OpCase *c, float *const x[]) {
    op_keep_away(x[1], op_size(c->x[1]), 0, 0.25f);
}

/* Zeros, and divisors whose square overflows or underflows. */
static void check_ends(OpTest *t) {
    static const float a[] = { 1, 0, -1, 0, 1e-20f, 1e20f }, b[] = { 0, 0, 0, 2, 1e-25f, 1e25f },
                       dy[] = { 1, 1, 1, 1, 1e-20f, 1e20f };
    static const float y[] = { INFINITY, NAN, -INFINITY, 0, 1e5f, 1e-5f },
                       da[] = { INFINITY, INFINITY, INFINITY, 0.5f, 1e5f, 1e-5f };
    static const float db[] = { -INFINITY, NAN, INFINITY, 0, -1e10f, -1e-10f };
    op_exact(t, &(OpCase){ .count = 2, .x = { DIMS(6), DIMS(6) }, .y = DIMS(6) },
             &(OpExact){ .x = { a, b }, .dy = dy, .y = y, .dx = { da, db } });
}

void test_op_div(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_div, .build = build, .reference = reference };
    broadcast_check(&t, avoid_zero);
    check_ends(&t);
    op_done(&t);
}

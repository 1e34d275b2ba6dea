/* l1_loss.c: mean |x - t|; gradients go to both. */
#include "harness.h"

static void reference(const OpCase *c, double *const x[], double *y) {
    size_t n = op_size(c->x[0]);
    *y = 0;
    for (size_t i = 0; i < n; i++) {
        double v = x[0][i], t = x[1][op_size(c->x[1]) == 1 ? 0 : i];
        *y += fabs(v - t);
    }
    *y /= (double)n;
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    (void)c;
    return p2c_l1_loss(x[0], x[1]);
}

static void off_target(const OpCase *c, float *const x[]) {
    for (size_t i = 0; i < op_size(c->x[0]); i++)
        op_keep_away(x[0] + i, 1, x[1][op_size(c->x[1]) == 1 ? 0 : i], 1e-3f);
}

/* Where x equals the target, the gradient is 0. */
static void equal(OpTest *t) {
    const float x[2] = { 1, 2 }, target[2] = { 1, 5 }, dy = 1, y = 1.5f, dx[2] = { 0, -0.5f },
                dt[2] = { 0, 0.5f };
    op_exact(t, &(OpCase){ .count = 2, .x = { DIMS(2), DIMS(2) }, .y = SCALAR },
             &(OpExact){ { x, target }, &dy, &y, { dx, dt } });
}

static OpCase make(P2cDims x, P2cDims t) {
    return (OpCase){ .count = 2, .x = { x, t }, .y = SCALAR, .prepare = off_target };
}

void test_op_l1_loss(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_l1_loss, .build = build, .reference = reference };
    static const P2cDims rows[] = {
        SCALAR, DIMS(1), DIMS(3, 5), DIMS(3, 5, 4, 7), DIMS(1, 8, 130, 129), DIMS(3, 3, 125, 127)
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        op_check(&t, (OpCase[]){ make(rows[i], rows[i]) });
        op_check(&t, (OpCase[]){ make(rows[i], (P2cDims)SCALAR) });
    }
    for (int w = 1; w <= 40; w++)
        op_check(&t, (OpCase[]){ make((P2cDims)DIMS(w), (P2cDims)DIMS(w)) });
    equal(&t);
    op_refused(&t, (OpCase[]){ make((P2cDims)DIMS(3, 5), (P2cDims)DIMS(3, 4)) },
               "input has shape (3,5), target (3,4)");
    op_refused(&t, (OpCase[]){ make((P2cDims)DIMS(3, 5), (P2cDims)DIMS(3)) }, "(3)");
    op_done(&t);
}

/* abs.c: |x|, and no gradient where x is 0. */
#include "harness.h"

static void reference(const OpCase *c, double *const x[], double *y) {
    for (size_t i = 0; i < op_size(c->x[0]); i++) y[i] = x[0][i] < 0 ? -x[0][i] : x[0][i];
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    (void)c;
    return p2c_abs(x[0]);
}

static void off_the_kink(const OpCase *c, float *const x[]) {
    op_keep_away(x[0], op_size(c->x[0]), 0, 1e-3f);
}

static OpCase make(P2cDims d) {
    return (OpCase){ .count = 1, .x = { d }, .y = d, .prepare = off_the_kink };
}

void test_op_abs(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_abs, .build = build, .reference = reference };
    static const P2cDims rows[] = { SCALAR, DIMS(1, 1, 1, 1), DIMS(3, 70), DIMS(3, 5, 4, 7),
                                    DIMS(1, 8, 130, 129) };
    for (size_t i = 0; i < COUNT(rows); i++) op_check(&t, (OpCase[]){ make(rows[i]) });
    for (int w = 1; w <= 40; w++) op_check(&t, (OpCase[]){ make((P2cDims)DIMS(1, w)) });
    op_exact(&t, &(OpCase){ .count = 1, .x = { DIMS(6) }, .y = DIMS(6) },
             &(OpExact){ .x = { (float[]){ 0, -0.0f, -3, INFINITY, -INFINITY, NAN } },
                         .dy = (float[]){ 7, 7, 7, 7, 7, 7 },
                         .y = (float[]){ 0, 0, 3, INFINITY, INFINITY, NAN },
                         .dx = { (float[]){ 0, 0, -7, 7, -7, 0 } } });
    op_done(&t);
}

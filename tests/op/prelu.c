/* prelu.c: x > 0 ? x : slope[c] * x. */
#include "harness.h"

static void reference(const OpCase *c, double *const x[], double *y) {
    P2cDims d = op_dims(c->x[0]);
    size_t area = (size_t)d.d[2] * d.d[3];
    for (size_t i = 0; i < op_size(c->x[0]); i++)
        y[i] = x[0][i] > 0 ? x[0][i] : x[1][i / area % (size_t)d.d[1]] * x[0][i];
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    (void)c;
    return p2c_prelu(x[0], x[1]);
}

static void off_zero(const OpCase *c, float *const x[]) {
    op_keep_away(x[0], op_size(c->x[0]), 0, 1e-3f);
}

static OpCase make(int n, int c, int h, int w) {
    return (OpCase){
        .count = 2, .x = { DIMS(n, c, h, w), DIMS(c) }, .y = DIMS(n, c, h, w), .prepare = off_zero
    };
}

static void at_zero(OpTest *t) {
    const float x[2] = { 0, -2 }, slope = 0.25f, dy[2] = { 2, 3 }, y[2] = { 0, -0.5f },
                dx[2] = { 0.5f, 0.75f }, dslope = -6;
    op_exact(t, &(OpCase){ .count = 2, .x = { DIMS(2, 1), DIMS(1) }, .y = DIMS(2, 1) },
             &(OpExact){ { x, &slope }, dy, y, { dx, &dslope } });
}

void test_op_prelu(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_prelu, .build = build, .reference = reference };
    static const int rows[][4] = { { 1, 1, 1, 1 },   { 3, 5, 1, 1 },     { 1, 3, 5, 4 },
                                   { 3, 17, 4, 7 },  { 1, 33, 8, 8 },    { 2, 70, 3, 3 },
                                   { 1, 2, 64, 65 }, { 1, 1, 257, 129 }, { 3, 8, 33, 31 } };
    for (size_t i = 0; i < COUNT(rows); i++)
        op_check(&t, (OpCase[]){ make(rows[i][0], rows[i][1], rows[i][2], rows[i][3]) });
    for (int w = 1; w <= 40; w++) op_check(&t, (OpCase[]){ make(2, 3, 2, w) });
    at_zero(&t);
    OpCase wrong = make(1, 3, 4, 4);
    wrong.x[1] = (P2cDims)DIMS(1);
    op_refused(&t, &wrong, "(1)");
    op_done(&t);
}

/* l2_normalize.c: rows to length 1, or divided by eps where they are shorter. */
#include "harness.h"

static void reference(const OpCase *c, double *const x[], double *y) {
    int d = c->x[0].d[1];
    for (int n = 0; n < c->x[0].d[0]; n++) {
        double squares = 0;
        for (int i = 0; i < d; i++) squares += x[0][n * d + i] * x[0][n * d + i];
        for (int i = 0; i < d; i++) y[n * d + i] = x[0][n * d + i] / fmax(sqrt(squares), c->eps);
    }
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    return p2c_l2_normalize(x[0], c->eps);
}

static OpCase make(int n, int d, float eps, float range) {
    return (OpCase){ .count = 1, .x = { DIMS(n, d) }, .y = DIMS(n, d), .eps = eps, .range = range };
}

/* A row of zeros stays zero; its gradient is dy / eps. */
static void zeros(OpTest *t) {
    const float zero[2] = { 0 }, dy[2] = { 1, -2 }, dx[2] = { 4, -8 };
    op_exact(t, &(OpCase){ .count = 1, .x = { DIMS(1, 2) }, .y = DIMS(1, 2), .eps = 0.25f },
             &(OpExact){ { zero }, dy, zero, { dx } });
}

void test_op_l2_normalize(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_l2_normalize, .build = build, .reference = reference };
    static const int rows[][2] = { { 1, 2 },   { 3, 5 },   { 1, 512 },
                                   { 3, 513 }, { 70, 33 }, { 2, 20000 } };
    for (size_t i = 0; i < COUNT(rows); i++) {
        op_check(&t, (OpCase[]){ make(rows[i][0], rows[i][1], 1e-12f, 1 + (float)i) });
        op_check(&t, (OpCase[]){ make(rows[i][0], rows[i][1], 200, 1) }); /* all rows are shorter */
    }
    for (int w = 2; w <= 40; w++) op_check(&t, (OpCase[]){ make(3, w, 1e-12f, 1) });
    op_check(&t, (OpCase[]){ make(1, 1, 10, 1) });
    zeros(&t);
    op_refused(&t, &(OpCase){ .count = 1, .x = { DIMS(3, 5, 1, 1) } }, "(3,5,1,1)");
    op_done(&t);
}

/* cosine_similarity.c: row by row; a length below 1e-8 counts as 1e-8. */
#include "harness.h"

static void reference(const OpCase *c, double *const x[], double *y) {
    int d = c->x[0].d[1];
    for (int n = 0; n < c->x[0].d[0]; n++) {
        double aa = 0, bb = 0, ab = 0;
        for (int i = 0; i < d; i++) {
            double a = x[0][n * d + i], b = x[1][n * d + i];
            aa += a * a, bb += b * b, ab += a * b;
        }
        y[n] = ab / (fmax(sqrt(aa), 1e-8) * fmax(sqrt(bb), 1e-8));
    }
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    (void)c;
    return p2c_cosine_similarity(x[0], x[1]);
}

static OpCase make(int n, int d, float range) {
    return (OpCase){ .count = 2, .x = { DIMS(n, d), DIMS(n, d) }, .y = DIMS(n), .range = range };
}

/* Rows of zeros: the similarity is 0, and gradients are finite. */
static void zeros(OpTest *t) {
    const float zero[3] = { 0 }, dy = 1;
    op_exact(t, &(OpCase){ .count = 2, .x = { DIMS(1, 3), DIMS(1, 3) }, .y = DIMS(1) },
             &(OpExact){ { zero, zero }, &dy, zero, { zero, zero } });
}

void test_op_cosine_similarity(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_cosine_similarity, .build = build, .reference = reference };
    static const int rows[][2] = { { 1, 2 },   { 3, 5 },   { 1, 512 },
                                   { 3, 513 }, { 70, 33 }, { 2, 20000 } };
    for (size_t i = 0; i < COUNT(rows); i++)
        op_check(&t, (OpCase[]){ make(rows[i][0], rows[i][1], 1 + (float)i) });
    for (int w = 2; w <= 40; w++) op_check(&t, (OpCase[]){ make(3, w, 1) });
    zeros(&t);
    op_refused(&t, &(OpCase){ .count = 2, .x = { DIMS(3, 5), DIMS(3, 4) } }, "(3,4)");
    op_refused(&t, &(OpCase){ .count = 2, .x = { DIMS(3, 5), DIMS(1, 5) } }, "(1,5)");
    op_refused(&t, &(OpCase){ .count = 2, .x = { DIMS(3, 5, 2), DIMS(3, 5, 2) } }, "(3,5,2)");
    op_done(&t);
}

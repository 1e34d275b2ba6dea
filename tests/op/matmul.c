/* matmul.c: products of two matrices, or of batches of them, against three loops. */
#include "harness.h"

/* Dims as four axes: two of the batch, then rows and columns. */
static P2cDims as_four(P2cDims d) {
    P2cDims four = { 4, { 1, 1, 1, 1 } };
    four.d[2] = d.d[d.rank - 2];
    four.d[3] = d.d[d.rank - 1];
    for (int i = 0; i < d.rank - 2; i++) four.d[i] = d.d[i];
    return four;
}

static void reference(const OpCase *c, double *const x[], double *y) {
    P2cDims a = as_four(c->x[0]), b = as_four(c->x[1]), d = as_four(c->y);
    for (int i = 0; i < d.d[0]; i++)
        for (int j = 0; j < d.d[1]; j++)
            for (int row = 0; row < d.d[2]; row++)
                for (int column = 0; column < d.d[3]; column++) {
                    double sum = 0;
                    for (int k = 0; k < a.d[3]; k++)
                        sum += x[0][op_at(a, a.d[0] > 1 ? i : 0, a.d[1] > 1 ? j : 0, row, k)] *
                               x[1][op_at(b, b.d[0] > 1 ? i : 0, b.d[1] > 1 ? j : 0, k, column)];
                    y[op_at(d, i, j, row, column)] = sum;
                }
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    (void)c;
    return p2c_matmul(x[0], x[1]);
}

static OpCase make(int m, int k, int n) {
    return (OpCase){ .count = 2, .x = { DIMS(m, k), DIMS(k, n) }, .y = DIMS(m, n) };
}

static void check_batches(OpTest *t) {
    static const OpCase cases[] = {
        { .count = 2, .x = { DIMS(3, 5, 4), DIMS(3, 4, 7) }, .y = DIMS(3, 5, 7) },
        { .count = 2, .x = { DIMS(1, 5, 4), DIMS(3, 4, 7) }, .y = DIMS(3, 5, 7) },
        { .count = 2, .x = { DIMS(3, 5, 4), DIMS(1, 4, 7) }, .y = DIMS(3, 5, 7) },
        { .count = 2, .x = { DIMS(2, 3, 5, 4), DIMS(2, 3, 4, 7) }, .y = DIMS(2, 3, 5, 7) },
        { .count = 2, .x = { DIMS(1, 3, 5, 4), DIMS(2, 3, 4, 7) }, .y = DIMS(2, 3, 5, 7) },
        { .count = 2, .x = { DIMS(2, 1, 5, 4), DIMS(2, 3, 4, 7) }, .y = DIMS(2, 3, 5, 7) },
        { .count = 2, .x = { DIMS(2, 3, 5, 4), DIMS(1, 3, 4, 7) }, .y = DIMS(2, 3, 5, 7) },
        { .count = 2, .x = { DIMS(2, 3, 5, 4), DIMS(2, 1, 4, 7) }, .y = DIMS(2, 3, 5, 7) },
        /* both */
        { .count = 2, .x = { DIMS(2, 1, 5, 4), DIMS(1, 3, 4, 7) }, .y = DIMS(2, 3, 5, 7) },
        { .count = 2, .x = { DIMS(1, 3, 5, 4), DIMS(2, 1, 4, 7) }, .y = DIMS(2, 3, 5, 7) },
        { .count = 2, .x = { DIMS(1, 1, 5, 4), DIMS(2, 3, 4, 7) }, .y = DIMS(2, 3, 5, 7) },
        /* a layer's weights */
        { .count = 2, .x = { DIMS(2, 3, 5, 4), DIMS(1, 1, 4, 7) }, .y = DIMS(2, 3, 5, 7) },
        { .count = 2, .x = { DIMS(2, 40, 3, 17), DIMS(1, 1, 17, 9) }, .y = DIMS(2, 40, 3, 9) },
        /* attention */
        { .count = 2, .x = { DIMS(2, 4, 66, 33), DIMS(2, 4, 33, 65) }, .y = DIMS(2, 4, 66, 65) },
        { .count = 2, .x = { DIMS(2, 1, 1, 33), DIMS(2, 5, 33, 1) }, .y = DIMS(2, 5, 1, 1) },
    };
    op_check_all(t, cases, COUNT(cases));
}

void test_op_matmul(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_matmul, .build = build, .reference = reference };
    static const int sizes[][3] = { { 1, 1, 1 },     { 1, 70, 33 },   { 33, 1, 70 },
                                    { 70, 33, 1 },   { 3, 5, 17 },    { 64, 16, 64 },
                                    { 65, 17, 129 }, { 130, 70, 67 }, { 5, 1000, 3 },
                                    { 2, 3, 1000 },  { 1000, 3, 2 } };
    for (size_t i = 0; i < COUNT(sizes); i++)
        op_check(&t, (OpCase[]){ make(sizes[i][0], sizes[i][1], sizes[i][2]) });
    for (int w = 1; w <= 40; w++) {
        op_check(&t, (OpCase[]){ make(w, 3, 4) });
        op_check(&t, (OpCase[]){ make(3, w, 4) });
        op_check(&t, (OpCase[]){ make(3, 4, w) });
    }
    check_batches(&t);
    op_refused(&t, &(OpCase){ .count = 2, .x = { DIMS(3, 5), DIMS(4, 6) } }, "(3,5) and (4,6)");
    op_refused(&t, &(OpCase){ .count = 2, .x = { DIMS(3, 5), DIMS(1, 5, 6) } }, "(1,5,6)");
    op_refused(&t, &(OpCase){ .count = 2, .x = { DIMS(2, 3, 4, 5), DIMS(3, 3, 5, 6) } },
               "(3,3,5,6)");
    op_refused(&t, &(OpCase){ .count = 2, .x = { DIMS(2, 3, 4, 5), DIMS(2, 4, 5, 6) } },
               "(2,4,5,6)");
    op_refused(&t, &(OpCase){ .count = 2, .x = { DIMS(5), DIMS(5) } }, "(5)");
    op_refused(&t, &(OpCase){ .count = 2, .x = { DIMS(40000, 1, 2, 1), DIMS(1, 40000, 1, 2) } },
               "2^31");
    op_done(&t);
}

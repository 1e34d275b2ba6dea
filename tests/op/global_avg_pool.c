/* global_avg_pool.c: the mean of each plane. */
#include "harness.h"

static void reference(const OpCase *c, double *const x[], double *y) {
    P2cDims d = op_dims(c->x[0]);
    size_t area = (size_t)d.d[2] * d.d[3];
    memset(y, 0, op_size(c->y) * sizeof *y);
    for (size_t i = 0; i < op_size(d); i++) y[i / area] += x[0][i] / (double)area;
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    (void)c;
    return p2c_global_avg_pool(x[0]);
}

static OpCase make(int n, int c, int h, int w) {
    return (OpCase){ .count = 1, .x = { DIMS(n, c, h, w) }, .y = DIMS(n, c) };
}

void test_op_global_avg_pool(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_global_avg_pool, .build = build, .reference = reference };
    static const int rows[][4] = { { 1, 1, 1, 1 },   { 3, 5, 1, 1 },  { 3, 5, 4, 7 },
                                   { 2, 17, 9, 8 },  { 1, 70, 5, 5 }, { 1, 2, 257, 129 },
                                   { 3, 33, 31, 33 } };
    for (size_t i = 0; i < COUNT(rows); i++)
        op_check(&t, (OpCase[]){ make(rows[i][0], rows[i][1], rows[i][2], rows[i][3]) });
    for (int w = 1; w <= 40; w++) op_check(&t, (OpCase[]){ make(2, 3, 1, w) });
    op_refused(&t, &(OpCase){ .count = 1, .x = { DIMS(3, 5) } }, "(3,5)");
    op_done(&t);
}

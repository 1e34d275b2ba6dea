/* global_max_pool.c: the largest value of each plane; its gradient is shared evenly between equal
 * ones. */
#include "harness.h"

static void reference(const OpCase *c, double *const x[], double *y) {
    P2cDims d = op_dims(c->x[0]);
    size_t area = (size_t)d.d[2] * d.d[3];
    for (size_t p = 0; p < op_size(c->y); p++) {
        y[p] = -INFINITY;
        for (size_t i = 0; i < area; i++) y[p] = fmax(y[p], x[0][p * area + i]);
    }
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    (void)c;
    return p2c_global_max_pool(x[0]);
}

/* All values are in [-3,-1), except for one maximum per plane, at a different place in each. They
 * are negative, so that a kernel that starts from 0 fails. */
static void one_peak(const OpCase *c, float *const x[]) {
    P2cDims d = op_dims(c->x[0]);
    size_t area = (size_t)d.d[2] * d.d[3];
    for (size_t i = 0; i < op_size(d); i++) x[0][i] -= 2;
    for (size_t p = 0; p < op_size(c->y); p++)
        x[0][p * area + (p * 7 + area - 1) % area] = -0.5f - 0.01f * (float)(p % 30);
}

static OpCase make(int n, int c, int h, int w) {
    return (OpCase){ .count = 1, .x = { DIMS(n, c, h, w) }, .y = DIMS(n, c), .prepare = one_peak };
}

/* 3 of 6 equal, all equal (zeros of both signs), none equal; a NaN is the maximum wherever it
 * stands. */
static void ties(OpTest *t) {
    static const float x[18] = { 1, 2, 2, 0, -1, 2, 0, 0, -0.0f, 0, 0, 0, 1, 2, 3, 4, 5, 6 },
                       y[3] = { 2, 0, 6 }, dy[3] = { 6, 3, 5 };
    static const float dx[18] = { 0,    2,    2,    0, 0, 2, 0.5f, 0.5f, 0.5f,
                                  0.5f, 0.5f, 0.5f, 0, 0, 0, 0,    0,    5 };
    static const float broken[6] = { NAN, 5, 1, 5, NAN, 1 }, nan[2] = { NAN, NAN };
    op_exact(t, &(OpCase){ .count = 1, .x = { DIMS(1, 3, 2, 3) }, .y = DIMS(1, 3) },
             &(OpExact){ { x }, dy, y, { dx } });
    op_exact(t, &(OpCase){ .count = 1, .x = { DIMS(1, 2, 1, 3) }, .y = DIMS(1, 2) },
             &(OpExact){ { broken }, dy, nan, { NULL } });
}

void test_op_global_max_pool(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_global_max_pool, .build = build, .reference = reference };
    static const int rows[][4] = { { 1, 1, 1, 1 },   { 3, 5, 1, 1 },  { 3, 5, 4, 7 },
                                   { 2, 17, 9, 8 },  { 1, 70, 5, 5 }, { 1, 2, 257, 129 },
                                   { 3, 33, 31, 33 } };
    for (size_t i = 0; i < COUNT(rows); i++)
        op_check(&t, (OpCase[]){ make(rows[i][0], rows[i][1], rows[i][2], rows[i][3]) });
    for (int w = 1; w <= 40; w++) op_check(&t, (OpCase[]){ make(2, 3, 1, w) });
    ties(&t);
    op_refused(&t, &(OpCase){ .count = 1, .x = { DIMS(3, 5) } }, "(3,5)");
    op_done(&t);
}

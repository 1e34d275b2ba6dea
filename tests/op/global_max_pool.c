/* global_max_pool.c: the largest value of each plane; its gradient is shared evenly between equal ones. */
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

/* All values in [-3,-1) but one of each plane, each plane elsewhere; negative, so that a start from 0 is seen. */
static void one_peak(const OpCase *c, float *const x[]) {
    P2cDims d = op_dims(c->x[0]);
    size_t area = (size_t)d.d[2] * d.d[3];
    for (size_t i = 0; i < op_size(d); i++) x[0][i] -= 2;
    for (size_t p = 0; p < op_size(c->y); p++) x[0][p * area + (p * 7 + area - 1) % area] = -0.5f - 0.01f * (float)(p % 30);
}

static OpCase make(int n, int c, int h, int w) { return (OpCase){ .count = 1, .x = { DIMS(n, c, h, w) }, .y = DIMS(n, c), .prepare = one_peak }; }

/* 3 of 6 equal, all equal (zeros of both signs), none equal. */
static void ties(const OpTest *t) {
    static const float x[18] = { 1, 2, 2, 0, -1, 2, 0, 0, -0.0f, 0, 0, 0, 1, 2, 3, 4, 5, 6 }, dy[3] = { 6, 3, 5 };
    static const float want[18] = { 0, 2, 2, 0, 0, 2, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0, 0, 0, 0, 0, 5 };
    OpCase c = { .count = 1, .x = { DIMS(1, 3, 2, 3) }, .y = DIMS(1, 3) };
    OpRun run;
    op_run_init(&run, t, &c);
    for (int level = 0; level < p2c_cpu_device_count(); level++) {
        op_run_level(&run, level);
        memcpy(run.call.x[0], x, sizeof x);
        memcpy((void *)run.call.dy, dy, sizeof dy);
        memset(run.call.dx[0], 0, sizeof x);
        op_run_forward(&run, 1);
        op_run_backward(&run, 2);
        for (int i = 0; i < 18; i++) assert_float_equal(run.call.dx[0][i], want[i], 1e-6);
    }
    op_run_clear(&run);
}

void test_op_global_max_pool(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_global_max_pool, .build = build, .reference = reference };
    static const int rows[][4] = { { 1, 1, 1, 1 }, { 3, 5, 1, 1 }, { 3, 5, 4, 7 }, { 2, 17, 9, 8 }, { 1, 70, 5, 5 }, { 1, 2, 257, 129 }, { 3, 33, 31, 33 } };
    for (size_t i = 0; i < COUNT(rows); i++) op_check(&t, (OpCase[]){ make(rows[i][0], rows[i][1], rows[i][2], rows[i][3]) });
    for (int w = 1; w <= 40; w++) op_check(&t, (OpCase[]){ make(2, 3, 1, w) });
    ties(&t);
    op_refused(&t, &(OpCase){ .count = 1, .x = { DIMS(3, 5) } }, "(3,5)");
    op_done(&t);
}

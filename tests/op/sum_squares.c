/* sum_squares.c: the sum of squares of all elements, alone and added to what came before. */
#include "harness.h"

static void reference(const OpCase *c, double *const x[], double *y) {
    *y = c->count == 2 ? *x[1] : 0;
    for (size_t i = 0; i < op_size(c->x[0]); i++) *y += x[0][i] * x[0][i];
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) { return p2c_node_new(x[0]->state->graph, &p2c_op_sum_squares, c->count, x, NULL, 0); }

/* A NaN or an infinity anywhere must show. */
static void shows(OpTest *t, size_t n, size_t at, float bad) {
    for (int level = 0; level < op_level_count(); level++) {
        OpCase c = { .count = 1, .x = { DIMS((int)n) }, .y = SCALAR };
        OpRun run;
        op_run_init(&run, t, &c);
        op_run_level(&run, level);
        for (size_t i = 0; i < n; i++) run.call.x[0][i] = i == at ? bad : 1;
        op_run_forward(&run, 2);
        assert_false(isfinite(*run.call.y));
        op_run_clear(&run);
    }
}

void test_op_sum_squares(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_sum_squares, .build = build, .reference = reference };
    static const P2cDims rows[] = { SCALAR, DIMS(1), DIMS(3, 5), DIMS(3, 5, 4, 7), DIMS(1, 8, 130, 129), DIMS(3, 3, 257, 255) };
    for (int count = 1; count <= 2; count++) {
        for (size_t i = 0; i < COUNT(rows); i++) op_check(&t, &(OpCase){ .count = count, .x = { rows[i], SCALAR }, .y = SCALAR });
        for (int w = 1; w <= 40; w++) op_check(&t, &(OpCase){ .count = count, .x = { DIMS(w), SCALAR }, .y = SCALAR });
    }
    for (size_t n = 1; n < 60; n += 7) shows(&t, n, n / 2, NAN), shows(&t, n, n - 1, INFINITY), shows(&t, n, 0, -INFINITY);
    shows(&t, 100000, 99999, NAN);
    op_refused(&t, &(OpCase){ .count = 2, .x = { DIMS(3), DIMS(2) } }, "has shape (2), expected a scalar");
    op_done(&t);
}

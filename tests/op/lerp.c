/* lerp.c: from a to b by w, with broadcasting of w. */
#include "broadcast.h"

static void reference(const OpCase *k, double *const x[], double *y) {
    P2cDims d = op_dims(k->y);
    for (int n = 0; n < d.d[0]; n++)
        for (int c = 0; c < d.d[1]; c++)
            for (int h = 0; h < d.d[2]; h++)
                for (int v = 0; v < d.d[3]; v++) {
                    double w = broadcast_pick(k, x, 2, n, c, h, v);
                    size_t i = op_at(d, n, c, h, v);
                    y[i] = (1 - w) * x[0][i] + w * x[1][i];
                }
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    (void)c;
    return p2c_lerp(x[0], x[1], x[2]);
}

static OpCase make(P2cDims y, P2cDims w) {
    return (OpCase){ .count = 3, .x = { y, y, w }, .y = y };
}

/* One tensor as a and b: its gradient is dy, whatever w is. With `all` it is w too; then y = x, and
 * its gradient is dy again. */
static void repeated(OpTest *t) {
    OpCase c = make((P2cDims)DIMS(3, 5, 4, 7), (P2cDims)DIMS(3, 5, 4, 7));
    for (int all = 0; all < 2; all++) {
        OpRun run;
        op_run_init(&run, t, &c);
        size_t n = op_size(c.y);
        for (int level = 0; level < op_level_count(); level++, t->cases++) {
            uint64_t state = 9;
            double *want = calloc(n, sizeof *want);
            assert_non_null(want);
            op_run_level(&run, level);
            for (size_t e = 0; e < n; e++) {
                for (int k = 0; k < 3; k++)
                    run.call.x[k][e] =
                        k == 1 || (all && k) ? run.call.x[0][e] : (float)op_uniform(&state);
                ((float *)run.call.dy)[e] = (float)(want[e] = (float)op_uniform(&state));
                run.call.dx[0][e] = run.call.dx[2][e] = 0;
            }
            float *of_b = run.call.dx[1], *of_w = run.call.dx[2];
            run.call.dx[1] = run.call.dx[0];
            if (all) run.call.dx[2] = run.call.dx[0];
            op_run_backward(&run, 2);
            op_run_compare(&run, OP_NAME("dx of an operand that is there twice"), c.x[0],
                           run.call.dx[0], want, 1e-5);
            run.call.dx[1] = of_b;
            run.call.dx[2] = of_w;
            free(want);
        }
        op_run_clear(&run);
    }
}

void test_op_lerp(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_lerp, .build = build, .reference = reference };
    static const P2cDims rows[][2] = {
        { SCALAR, SCALAR },
        { DIMS(3, 5, 4, 7), DIMS(3, 5, 4, 7) },
        { DIMS(1, 8, 130, 129), DIMS(1, 8, 130, 129) },
        { DIMS(3, 5, 4, 7), DIMS(3, 5) },
        { DIMS(3, 17, 4, 7), DIMS(1, 17) },
        { DIMS(3, 5, 4, 7), DIMS(3, 1, 4, 7) },
        { DIMS(3, 5, 4, 7), DIMS(1, 5, 4, 7) },
        { DIMS(3, 5, 4, 7), DIMS(1, 1, 4, 1) },
        { DIMS(3, 5, 4, 7), DIMS(1, 1, 1, 7) },
        { DIMS(3, 5, 4, 7), DIMS(3, 1, 1, 7) },
        { DIMS(3, 5, 4, 7), SCALAR },
        { DIMS(2, 33), DIMS(1, 33) },
        { DIMS(1, 128), DIMS(1, 128) },
        { DIMS(2, 8, 65, 64), DIMS(1, 8) },
        { DIMS(1, 33, 40, 41), DIMS(1, 1, 40, 41) },
        { DIMS(3, 5), DIMS(3, 1, 1, 1) },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        op_check(&t, (OpCase[]){ make(rows[i][0], rows[i][1]) });
    for (int n = 1; n <= 40; n++) {
        op_check(&t, (OpCase[]){ make((P2cDims)DIMS(2, 3, 2, n), (P2cDims)DIMS(1, 3)) });
        op_check(&t, (OpCase[]){ make((P2cDims)DIMS(2, n), (P2cDims)DIMS(1, n)) });
    }
    repeated(&t);
    op_refused(&t, &(OpCase){ .count = 3, .x = { DIMS(3, 5), DIMS(3, 4), DIMS(3, 1) } },
               "(3,5) and (3,4)");
    op_refused(&t, &(OpCase){ .count = 3, .x = { DIMS(3, 5), DIMS(3, 1), DIMS(3, 1) } },
               "(3,5) and (3,1)");
    op_refused(&t, &(OpCase){ .count = 3, .x = { DIMS(1, 5), DIMS(1, 5), DIMS(3, 5) } },
               "weight (3,5) does not broadcast to (1,5)");
    op_done(&t);
}

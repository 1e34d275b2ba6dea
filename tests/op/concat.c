/* concat.c: operands one after the other along any axis. */
#include "harness.h"

static void reference(const OpCase *c, double *const x[], double *y) {
    P2cDims yd = op_dims(c->y);
    int offset = 0;
    for (int k = 0; k < c->count; k++) {
        P2cDims d = op_dims(c->x[k]);
        for (size_t i = 0; i < op_size(d); i++) {
            size_t rest = i;
            int at[4];
            for (int a = 3; a >= 0; rest /= (size_t)d.d[a], a--) at[a] = (int)(rest % (size_t)d.d[a]);
            at[c->axis] += offset;
            y[op_at(yd, at[0], at[1], at[2], at[3])] = x[k][i];
        }
        offset += d.d[c->axis];
    }
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) { return p2c_concat(c->count, x, c->axis); }

void test_op_concat(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_concat, .build = build, .reference = reference };
    static const OpCase cases[] = {
        { .count = 1, .x = { DIMS(3, 5) }, .y = DIMS(3, 5), .axis = 1 },
        { .count = 2, .x = { DIMS(1), DIMS(1) }, .y = DIMS(2), .axis = 0 },
        { .count = 2, .x = { DIMS(3, 5, 4, 7), DIMS(3, 1, 4, 7) }, .y = DIMS(3, 6, 4, 7), .axis = 1 },
        { .count = 3, .x = { DIMS(1, 3, 4, 7), DIMS(3, 3, 4, 7), DIMS(2, 3, 4, 7) }, .y = DIMS(6, 3, 4, 7), .axis = 0 },
        { .count = 2, .x = { DIMS(2, 3, 1, 7), DIMS(2, 3, 5, 7) }, .y = DIMS(2, 3, 6, 7), .axis = 2 },
        { .count = 2, .x = { DIMS(2, 3, 5, 1), DIMS(2, 3, 5, 16) }, .y = DIMS(2, 3, 5, 17), .axis = 3 },
        { .count = 8, .x = { DIMS(2, 1), DIMS(2, 2), DIMS(2, 3), DIMS(2, 4), DIMS(2, 5), DIMS(2, 6), DIMS(2, 7), DIMS(2, 8) }, .y = DIMS(2, 36), .axis = 1 },
        { .count = 3, .x = { DIMS(1, 8, 64, 65), DIMS(1, 17, 64, 65), DIMS(1, 3, 64, 65) }, .y = DIMS(1, 28, 64, 65), .axis = 1 },
    };
    op_check_all(&t, cases, COUNT(cases));
    for (int w = 1; w <= 40; w++)
        op_check(&t, &(OpCase){ .count = 2, .x = { DIMS(3, w, 2, 2), DIMS(3, 5, 2, 2) }, .y = DIMS(3, w + 5, 2, 2), .axis = 1 });
    op_refused(&t, &(OpCase){ .count = 2, .x = { DIMS(3, 5), DIMS(4, 5) }, .axis = 1 }, "(4,5)");
    op_refused(&t, &(OpCase){ .count = 2, .x = { DIMS(3, 5), DIMS(3, 5, 1, 1) }, .axis = 1 }, "(3,5,1,1)");
    op_refused(&t, &(OpCase){ .count = 2, .x = { DIMS(3, 5), DIMS(3, 5) }, .axis = 2 }, "axis 2");
    op_refused(&t, &(OpCase){ .count = 2, .x = { DIMS(3, 5), DIMS(3, 5) }, .axis = -1 }, "axis -1");
    op_refused(&t, &(OpCase){ .count = 2, .x = { DIMS(1 << 30, 1), DIMS(1 << 30, 1) }, .axis = 0 }, "2^31");
    op_done(&t);
}

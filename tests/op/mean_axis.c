/* mean_axis.c: along any axis. */
#include "harness.h"

typedef struct Options {
    int axis;
} Options;

static void print(FILE *out, const OpCase *c) {
    const Options *o = c->options;
    fprintf(out, "axis %d", o->axis);
}

static void reference(const OpCase *c, double *const x[], double *y) {
    P2cDims d = op_dims(c->x[0]), e = d;
    int i[4], axis = ((const Options *)c->options)->axis;
    e.d[axis] = 1;
    memset(y, 0, op_size(e) * sizeof *y);
    for (i[0] = 0; i[0] < d.d[0]; i[0]++)
        for (i[1] = 0; i[1] < d.d[1]; i[1]++)
            for (i[2] = 0; i[2] < d.d[2]; i[2]++)
                for (i[3] = 0; i[3] < d.d[3]; i[3]++) {
                    int to[4] = { i[0], i[1], i[2], i[3] };
                    to[axis] = 0;
                    y[op_at(e, to[0], to[1], to[2], to[3])] +=
                        x[0][op_at(d, i[0], i[1], i[2], i[3])] / d.d[axis];
                }
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    const Options *o = c->options;
    return p2c_mean_axis(x[0], o->axis);
}

static void check(OpTest *t, P2cDims d, int axis) {
    P2cDims y = d;
    y.d[axis] = 1;
    op_check(t, &(OpCase){ .count = 1, .x = { d }, .y = y, .options = &(Options){ axis } });
}

void test_op_mean_axis(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_mean_axis, .build = build, .reference = reference, .print = print };
    check(&t, (P2cDims)DIMS(1), 0);
    check(&t, (P2cDims)DIMS(70), 0);
    for (int axis = 0; axis < 2; axis++) check(&t, (P2cDims)DIMS(3, 3000), axis);
    for (int axis = 0; axis < 3; axis++) check(&t, (P2cDims)DIMS(5, 33, 17), axis);
    for (int axis = 0; axis < 4; axis++) {
        check(&t, (P2cDims)DIMS(3, 5, 4, 7), axis);
        check(&t, (P2cDims)DIMS(2, 3, 9, 70), axis);
        check(&t, (P2cDims)DIMS(3, 1, 1, 7), axis);
    }
    for (int w = 1; w <= 40; w++) {
        check(&t, (P2cDims)DIMS(2, w), 1);
        check(&t, (P2cDims)DIMS(2, 3, w), 1);
    }
    check(&t, (P2cDims)DIMS(1, 2, 65, 130), 1);
    check(&t, (P2cDims)DIMS(2, 4, 33, 66), 3);
    check(&t, (P2cDims)DIMS(3, 6000, 2), 1);
    op_refused(&t, &(OpCase){ .count = 1, .x = { DIMS(3, 5) }, .options = &(Options){ 2 } },
               "axis 2 of shape (3,5)");
    op_refused(&t, &(OpCase){ .count = 1, .x = { DIMS(3, 5) }, .options = &(Options){ -1 } },
               "axis -1");
    op_done(&t);
}

/* max_axis.c: along any axis; ties share the gradient, and a NaN is the largest. */
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
    for (size_t k = 0; k < op_size(e); k++) y[k] = -INFINITY;
    for (i[0] = 0; i[0] < d.d[0]; i[0]++)
        for (i[1] = 0; i[1] < d.d[1]; i[1]++)
            for (i[2] = 0; i[2] < d.d[2]; i[2]++)
                for (i[3] = 0; i[3] < d.d[3]; i[3]++) {
                    int to[4] = { i[0], i[1], i[2], i[3] };
                    to[axis] = 0;
                    double *most = &y[op_at(e, to[0], to[1], to[2], to[3])];
                    *most = fmax(*most, x[0][op_at(d, i[0], i[1], i[2], i[3])]);
                }
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    const Options *o = c->options;
    return p2c_max_axis(x[0], o->axis);
}

/* Differences of no two elements of a line are so small that a finite difference changes which is
 * the largest: values are whole numbers in an order that 7919, a prime, mixes. */
static void apart(const OpCase *c, float *const x[]) {
    size_t n = op_size(c->x[0]);
    assert_true(n % 7919);
    for (size_t i = 0; i < n; i++) x[0][i] = (float)(i * 7919 % n) / (float)n * 10 - 5;
}

static void check(OpTest *t, P2cDims d, int axis) {
    P2cDims y = d;
    y.d[axis] = 1;
    op_check(t,
             &(OpCase){
                 .count = 1, .x = { d }, .y = y, .options = &(Options){ axis }, .prepare = apart });
}

/* Lines of three: a tie, a NaN, the largest at the end; the same across. */
static void check_ends(OpTest *t) {
    static const float x[] = { 2, 1, 2, 0, NAN, 9, -3, -2, -INFINITY, INFINITY, 1, INFINITY },
                       dy[] = { 1, 1, 5, 8 }, y[] = { 2, NAN, -2, INFINITY },
                       dx[] = { 0.5f, 0, 0.5f, 0, 0, 0, 0, 5, 0, 4, 0, 4 };
    static const float across[] = { 2, 0, -3, INFINITY, 1, NAN, -2, 1, 2, 9, -INFINITY, INFINITY },
                       dxacross[] = { 0.5f, 0, 0, 4, 0, 0, 5, 0, 0.5f, 0, 0, 4 };
    op_exact(
        t,
        &(OpCase){ .count = 1, .x = { DIMS(4, 3) }, .y = DIMS(4, 1), .options = &(Options){ 1 } },
        &(OpExact){ .x = { x }, .dy = dy, .y = y, .dx = { dx } });
    op_exact(
        t,
        &(OpCase){ .count = 1, .x = { DIMS(3, 4) }, .y = DIMS(1, 4), .options = &(Options){ 0 } },
        &(OpExact){ .x = { across }, .dy = dy, .y = y, .dx = { dxacross } });
}

void test_op_max_axis(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_max_axis, .build = build, .reference = reference, .print = print };
    check(&t, (P2cDims)DIMS(1), 0);
    check(&t, (P2cDims)DIMS(70), 0);
    for (int axis = 0; axis < 2; axis++) check(&t, (P2cDims)DIMS(3, 300), axis);
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
    check_ends(&t);
    op_refused(&t, &(OpCase){ .count = 1, .x = { DIMS(3, 5) }, .options = &(Options){ 2 } },
               "axis 2 of shape (3,5)");
    op_refused(&t, &(OpCase){ .count = 1, .x = { DIMS(3, 5) }, .options = &(Options){ -1 } },
               "axis -1");
    op_done(&t);
}

/* softmax.c: along any axis. */
#include "harness.h"

typedef struct Options {
    int axis;
} Options;

static void print(FILE *out, const OpCase *c) {
    const Options *o = c->options;
    fprintf(out, "axis %d", o->axis);
}

/* The definition, for each line along the axis; doubles hold exp(x) up to x = 700. */
static void reference(const OpCase *c, double *const x[], double *y) {
    P2cDims d = op_dims(c->x[0]);
    int axis = ((const Options *)c->options)->axis;
    size_t n = op_size(d), step = 1;
    for (int i = 3; i > axis; i--) step *= (size_t)d.d[i];
    for (size_t i = 0; i < n; i++) {
        int at = (int)(i / step) % d.d[axis];
        double sum = 0;
        for (int k = 0; k < d.d[axis]; k++)
            sum += exp(x[0][i + (size_t)k * step - (size_t)at * step]);
        y[i] = exp(x[0][i]) / sum;
    }
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    const Options *o = c->options;
    return p2c_softmax(x[0], o->axis);
}

static void check(OpTest *t, P2cDims d, int axis) {
    op_check(t, &(OpCase){ .count = 1,
                           .x = { d },
                           .y = d,
                           .options = &(Options){ axis },
                           .range = 3,
                           .terms = { 0.1f } });
}

/* Where exp overflows, unless the largest element is subtracted first. A NaN spoils only its own
 * line. */
static void check_ends(OpTest *t) {
    static const float x[] = {
        1000, -1e30f, 1000, -2000, -1000, -1000, 1, NAN, 3, 0, 500, -INFINITY
    };
    static const float dy[] = { 1, 0, 0, 0, 2, 0, 1, 1, 1, 2, 1, 1 };
    static const float y[] = { 0.5f, 0, 0.5f, 0, 0.5f, 0.5f, NAN, NAN, NAN, 0, 1, 0 },
                       dx[] = { 0.25f, 0, -0.25f, 0, 0.5f, -0.5f, NAN, NAN, NAN, 0, 0, 0 };
    static const float across[] = { 1000, -2000, 1,    0,     -1e30f, -1000,
                                    NAN,  500,   1000, -1000, 3,      -INFINITY },
                       dyacross[] = { 1, 0, 1, 2, 0, 2, 1, 1, 0, 0, 1, 1 };
    static const float yacross[] = { 0.5f, 0, NAN, 0, 0, 0.5f, NAN, 1, 0.5f, 0.5f, NAN, 0 };
    static const float dxacross[] = { 0.25f, 0, NAN, 0, 0, 0.5f, NAN, 0, -0.25f, -0.5f, NAN, 0 };
    op_exact(
        t,
        &(OpCase){ .count = 1, .x = { DIMS(4, 3) }, .y = DIMS(4, 3), .options = &(Options){ 1 } },
        &(OpExact){ .x = { x }, .dy = dy, .y = y, .dx = { dx } });
    op_exact(
        t,
        &(OpCase){ .count = 1, .x = { DIMS(3, 4) }, .y = DIMS(3, 4), .options = &(Options){ 0 } },
        &(OpExact){ .x = { across }, .dy = dyacross, .y = yacross, .dx = { dxacross } });
}

/* One large element, at every place of a line. */
static void check_places(OpTest *t) {
    enum { SIZE = 37 };
    float x[SIZE * SIZE] = { 0 }, y[SIZE * SIZE] = { 0 }, dy[SIZE * SIZE], dx[SIZE * SIZE] = { 0 };
    for (int i = 0; i < SIZE * SIZE; i++) dy[i] = (float)(i % 5);
    for (int i = 0; i < SIZE * SIZE; i += SIZE + 1) x[i] = 1000, y[i] = 1;
    for (int axis = 0; axis < 2; axis++)
        op_exact(t,
                 &(OpCase){ .count = 1,
                            .x = { DIMS(SIZE, SIZE) },
                            .y = DIMS(SIZE, SIZE),
                            .options = &(Options){ axis } },
                 &(OpExact){ .x = { x }, .dy = dy, .y = y, .dx = { dx } });
}

void test_op_softmax(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_softmax, .build = build, .reference = reference, .print = print };
    check(&t, (P2cDims)DIMS(1), 0);
    check(&t, (P2cDims)DIMS(70), 0);
    for (int axis = 0; axis < 2; axis++) check(&t, (P2cDims)DIMS(3, 300), axis);
    for (int axis = 0; axis < 3; axis++) check(&t, (P2cDims)DIMS(5, 33, 17), axis);
    for (int axis = 0; axis < 4; axis++) {
        check(&t, (P2cDims)DIMS(3, 5, 4, 7), axis);
        check(&t, (P2cDims)DIMS(2, 3, 9, 70), axis);
    }
    for (int w = 1; w <= 40; w++) {
        check(&t, (P2cDims)DIMS(2, w), 1);
        check(&t, (P2cDims)DIMS(2, 3, w), 1);
    }
    check(&t, (P2cDims)DIMS(1, 2, 65, 130), 1); /* classes of pixels */
    check(&t, (P2cDims)DIMS(2, 4, 33, 66), 3);  /* attention */
    check_ends(&t);
    check_places(&t);
    op_refused(&t, &(OpCase){ .count = 1, .x = { DIMS(3, 5) }, .options = &(Options){ 2 } },
               "axis 2 of shape (3,5)");
    op_refused(&t, &(OpCase){ .count = 1, .x = { DIMS(3, 5) }, .options = &(Options){ -1 } },
               "axis -1");
    op_done(&t);
}

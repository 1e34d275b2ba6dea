/* cross_entropy.c: of softmax(x) against probabilities, and against the numbers of classes. */
#include "harness.h"

static bool has_classes(const OpCase *c) { return op_dims(c->x[1]).d[1] == 1; }

/* -sum t * log(softmax(x)), position by position; doubles hold exp(x) up to x = 700. */
static void reference(const OpCase *c, double *const x[], double *y) {
    P2cDims d = op_dims(c->x[0]), e = op_dims(c->x[1]);
    *y = 0;
    for (int n = 0; n < d.d[0]; n++)
        for (int h = 0; h < d.d[2]; h++)
            for (int w = 0; w < d.d[3]; w++) {
                double sum = 0;
                for (int k = 0; k < d.d[1]; k++) sum += exp(x[0][op_at(d, n, k, h, w)]);
                for (int k = 0; k < d.d[1]; k++) {
                    double t = has_classes(c) ? x[1][op_at(e, n, 0, h, w)] == k
                                              : x[1][op_at(e, n, k, h, w)];
                    *y -= t * (x[0][op_at(d, n, k, h, w)] - log(sum));
                }
            }
    *y /= (double)d.d[0] * d.d[2] * d.d[3];
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    (void)c;
    return p2c_cross_entropy(x[0], x[1]);
}

/* Probabilities that need not add up to 1; or classes, the first and the last among them. */
static void targets(const OpCase *c, float *const x[]) {
    int classes = op_dims(c->x[0]).d[1];
    for (size_t i = 0; i < op_size(c->x[1]); i++)
        x[1][i] = !has_classes(c) ? 0.5f + 0.5f * x[1][i] / 3
                  : i == 0        ? (float)(classes - 1)
                                  : (float)((i - 1) * 7 % (size_t)classes);
}

static void check(OpTest *t, P2cDims d) {
    OpCase c = { .count = 2, .x = { d, d }, .y = SCALAR, .range = 3, .prepare = targets };
    op_check(t, &c);
    c.x[1].d[1] = 1;
    op_check(t, &c);
    if (d.rank == 2) c.x[1].rank = 1, op_check(t, &c);
}

/* Logits for which exp overflows, and a class of which the network is sure that it is another. */
static void check_ends(OpTest *t) {
    static const float x[] = { 1000, 0, 1000, -2000, -1000, -1000, 500, 0, 0 },
                       classes[] = { 0, 1, 2 }, dy[] = { 3 },
                       y[] = { (0.693147181f + 0.693147181f + 500) / 3 },
                       dx[] = { -0.5f, 0, 0.5f, 0, -0.5f, 0.5f, 1, 0, -1 }, none[] = { 0, 0, 0 };
    op_exact(t, &(OpCase){ .count = 2, .x = { DIMS(3, 3), DIMS(3) }, .y = SCALAR },
             &(OpExact){ .x = { x, classes }, .dy = dy, .y = y, .dx = { dx, none } });
    static const float across[] = { 1000, -2000, 500, 0, -1000, 0, 1000, -1000, 0 },
                       dxacross[] = { -0.5f, 0, 1, 0, -0.5f, 0, 0.5f, 0.5f, -1 };
    op_exact(t, &(OpCase){ .count = 2, .x = { DIMS(1, 3, 3), DIMS(1, 1, 3) }, .y = SCALAR },
             &(OpExact){ .x = { across, classes }, .dy = dy, .y = y, .dx = { dxacross, none } });
}

/* No class of that number: NaN, whatever the others are, and for that row's gradient only. */
static void check_no_class(OpTest *t) {
    static const float wrong[] = { -1, 2, 0.5f, NAN, INFINITY }, x[] = { 0, 0, 0, 0 }, dy[] = { 2 },
                       y[] = { NAN }, dx[] = { NAN, NAN, -0.5f, 0.5f }, none[] = { 0, 0 };
    for (size_t i = 0; i < COUNT(wrong); i++)
        op_exact(t, &(OpCase){ .count = 2, .x = { DIMS(2, 2), DIMS(2) }, .y = SCALAR },
                 &(OpExact){
                     .x = { x, (float[]){ wrong[i], 0 } }, .dy = dy, .y = y, .dx = { dx, none } });
}

void test_op_cross_entropy(void **state) {
    (void)state;
    OpTest t = {
        .op = P2C_OP_cross_entropy, .build = build, .reference = reference, .frozen = 1 << 1
    };
    static const P2cDims rows[] = { DIMS(1, 2),       DIMS(3, 10),       DIMS(64, 100),
                                    DIMS(3, 1000),    DIMS(3, 5, 4, 7),  DIMS(2, 21, 33, 31),
                                    DIMS(5, 3, 1, 1), DIMS(2, 7, 40, 1), DIMS(70, 3, 50, 2) };
    for (size_t i = 0; i < COUNT(rows); i++) check(&t, rows[i]);
    for (int w = 2; w <= 40; w++) check(&t, (P2cDims)DIMS(3, w));
    for (int w = 1; w <= 40; w++) check(&t, (P2cDims)DIMS(2, 3, w));
    check_ends(&t);
    check_no_class(&t);
    op_refused(&t, &(OpCase){ .count = 2, .x = { DIMS(3, 5), DIMS(3, 4) } },
               "logits have shape (3,5), target (3,4)");
    op_refused(&t, &(OpCase){ .count = 2, .x = { DIMS(3, 5, 4, 7), DIMS(3, 1, 4, 1) } },
               "(3,1,4,1)");
    op_refused(&t, &(OpCase){ .count = 2, .x = { DIMS(3, 1), DIMS(3, 1) } }, "(3,1)");
    op_refused(&t, &(OpCase){ .count = 2, .x = { DIMS(5), DIMS(5) } }, "(5)");
    op_done(&t);
}

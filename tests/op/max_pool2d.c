/* max_pool2d.c: the maximum of each window; padding is never chosen, and the first of equal maxima
 * gets the gradient. */
#include "harness.h"

static void print(FILE *out, const OpCase *c) {
    const P2cPool2d *o = c->options;
    fprintf(out, "kernel %d x %d, stride %d, pad %d", o->kh, o->kw, o->stride, o->pad);
}

static void reference(const OpCase *c, double *const x[], double *y) {
    P2cDims xd = op_dims(c->x[0]), d = op_dims(c->y);
    const P2cPool2d *o = c->options;
    int stride = o->stride ? o->stride : 1;
    for (int n = 0; n < d.d[0]; n++)
        for (int q = 0; q < d.d[1]; q++)
            for (int i = 0; i < d.d[2]; i++)
                for (int j = 0; j < d.d[3]; j++) {
                    double largest = -INFINITY;
                    for (int h = i * stride - o->pad; h < i * stride - o->pad + o->kh; h++)
                        for (int w = j * stride - o->pad; w < j * stride - o->pad + o->kw; w++)
                            if (h >= 0 && h < xd.d[2] && w >= 0 && w < xd.d[3])
                                largest = fmax(largest, x[0][op_at(xd, n, q, h, w)]);
                    y[op_at(d, n, q, i, j)] = largest;
                }
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    return p2c_max_pool2d(x[0], *(const P2cPool2d *)c->options);
}

static size_t common_factor(size_t a, size_t b) { return b ? common_factor(b, a % b) : a; }

/* Negative, so that a kernel that takes padding for zeros fails. All values of a plane are 0.01
 * apart, so that no difference crosses a tie. Their order comes from steps without a common factor
 * with the area. */
static void apart(const OpCase *c, float *const x[]) {
    P2cDims d = op_dims(c->x[0]);
    size_t area = (size_t)d.d[2] * d.d[3], step = area * 5 / 8 + 1;
    while (common_factor(area, step) != 1) step++;
    for (size_t i = 0; i < op_size(d); i++)
        x[0][i] = -0.5f - 0.01f * (float)((i % area * step + i / area) % area);
}

static OpCase make(int n, int c, int h, int w, const P2cPool2d *o) {
    int stride = o->stride ? o->stride : 1;
    return (OpCase){ .count = 1,
                     .x = { DIMS(n, c, h, w) },
                     .y = DIMS(n, c, (h + 2 * o->pad - o->kh) / stride + 1,
                               (w + 2 * o->pad - o->kw) / stride + 1),
                     .options = o,
                     .prepare = apart };
}

/* Equal maxima in overlapping windows: the first of each window, row by row. */
static void ties(OpTest *t) {
    static const float x[9] = { 1, 2, 2, 0, 2, -1, 2, 2, 2 }, y[4] = { 2, 2, 2, 2 },
                       dy[4] = { 1, 10, 100, 1000 };
    static const float dx[9] = { 0, 11, 0, 0, 1100, 0, 0, 0, 0 };
    op_exact(t, (OpCase[]){ make(1, 1, 3, 3, &(P2cPool2d){ 2, 2, 1, 0 }) },
             &(OpExact){ { x }, dy, y, { dx } });
}

/* -infinity is larger than padding. A NaN is the maximum of all windows that hold it, also next to
 * a larger number, on either side. */
static void extremes(OpTest *t) {
    static const float low[4] = { -INFINITY, -INFINITY, -INFINITY, -INFINITY },
                       dy[9] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
    static const float low_y[9] = { -INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY,
                                    -INFINITY, -INFINITY, -INFINITY, -INFINITY };
    static const float low_dx[4] = { 12, 9, 15, 9 }, broken[5] = { 1, NAN, 7, 2, 3 },
                       broken_y[4] = { NAN, NAN, 7, 3 }, broken_dx[5] = { 0, 3, 3, 0, 4 };
    op_exact(t, (OpCase[]){ make(1, 1, 2, 2, &(P2cPool2d){ 2, 2, 1, 1 }) },
             &(OpExact){ { low }, dy, low_y, { low_dx } });
    op_exact(t, (OpCase[]){ make(1, 1, 1, 5, &(P2cPool2d){ 1, 2, 1, 0 }) },
             &(OpExact){ { broken }, dy, broken_y, { broken_dx } });
    op_exact(t, (OpCase[]){ make(1, 1, 5, 1, &(P2cPool2d){ 2, 1, 1, 0 }) },
             &(OpExact){ { broken }, dy, broken_y, { broken_dx } });
}

static void refusals(OpTest *t) {
    op_refused(
        t, &(OpCase){ .count = 1, .x = { DIMS(3, 5, 4) }, .options = &(P2cPool2d){ 2, 2, 2, 0 } },
        "(3,5,4)");
    op_refused(
        t,
        &(OpCase){ .count = 1, .x = { DIMS(1, 5, 4, 4) }, .options = &(P2cPool2d){ 0, 2, 2, 0 } },
        "kernel 0 x 2");
    op_refused(
        t,
        &(OpCase){ .count = 1, .x = { DIMS(1, 5, 4, 4) }, .options = &(P2cPool2d){ 2, -1, 2, 0 } },
        "kernel 2 x -1");
    op_refused(
        t,
        &(OpCase){ .count = 1, .x = { DIMS(1, 5, 4, 4) }, .options = &(P2cPool2d){ 2, 2, -2, 0 } },
        "stride -2");
    op_refused(
        t,
        &(OpCase){ .count = 1, .x = { DIMS(1, 5, 4, 4) }, .options = &(P2cPool2d){ 2, 2, 2, -1 } },
        "pad -1");
    op_refused(
        t,
        &(OpCase){ .count = 1, .x = { DIMS(1, 5, 4, 4) }, .options = &(P2cPool2d){ 2, 3, 2, 2 } },
        "padding 2 needs a kernel larger");
    op_refused(
        t,
        &(OpCase){ .count = 1, .x = { DIMS(1, 5, 4, 4) }, .options = &(P2cPool2d){ 3, 1, 1, 1 } },
        "padding 1 needs a kernel larger");
    op_refused(
        t,
        &(OpCase){ .count = 1, .x = { DIMS(1, 5, 4, 2) }, .options = &(P2cPool2d){ 2, 3, 1, 0 } },
        "(1,5,4,2) with padding 0 is smaller than the 2 x 3 kernel");
    op_refused(
        t,
        &(OpCase){ .count = 1, .x = { DIMS(1, 5, 2, 4) }, .options = &(P2cPool2d){ 7, 3, 1, 2 } },
        "smaller than the 7 x 3 kernel");
    op_refused(t,
               &(OpCase){ .count = 1,
                          .x = { DIMS(1, 5, 2, 4) },
                          .options = &(P2cPool2d){ 2147483647, 2147483647, 1, 2147483646 } },
               "is too large");
    op_refused(t,
               &(OpCase){ .count = 1,
                          .x = { DIMS(1, 5, 2, 4) },
                          .options = &(P2cPool2d){ 2, 2, 2147483647, 0 } },
               "stride 2147483647 is too large");
}

void test_op_max_pool2d(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_max_pool2d, .build = build, .reference = reference, .print = print };
    static const int rows[][8] = {
        /* n, c, h, w;  kh, kw, stride, pad */
        { 1, 1, 1, 1, 1, 1, 0, 0 },   { 1, 1, 1, 1, 3, 3, 2, 1 },    { 2, 3, 4, 6, 2, 2, 2, 0 },
        { 3, 5, 5, 7, 2, 2, 2, 0 },   { 2, 17, 9, 8, 3, 3, 2, 1 },   { 1, 3, 7, 15, 3, 3, 1, 1 },
        { 1, 2, 9, 9, 5, 5, 1, 4 },   { 2, 3, 8, 11, 4, 3, 3, 2 },   { 1, 2, 10, 10, 2, 3, 5, 1 },
        { 1, 3, 6, 5, 1, 1, 3, 0 },   { 1, 8, 64, 63, 3, 3, 2, 1 },  { 1, 3, 70, 65, 2, 2, 2, 0 },
        { 2, 3, 40, 41, 3, 5, 1, 2 }, { 1, 2, 20, 20, 13, 13, 1, 6 }
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        op_check(
            &t, (OpCase[]){ make(rows[i][0], rows[i][1], rows[i][2], rows[i][3],
                                 &(P2cPool2d){ rows[i][4], rows[i][5], rows[i][6], rows[i][7] }) });
    for (int w = 3; w <= 50; w++)
        for (int stride = 1; stride <= 3; stride++)
            op_check(&t, (OpCase[]){ make(1, 3, 5, w, &(P2cPool2d){ 3, 3, stride, w % 3 }) });
    ties(&t);
    extremes(&t);
    refusals(&t);
    op_done(&t);
}

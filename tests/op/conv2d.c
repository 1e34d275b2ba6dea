/* conv2d.c: convolution against seven plain loops. */
#include "harness.h"

/* Where a padded index reads: inside [0, n), or -1 for a zero. */
static int source(int i, int n, bool reflect) {
    if (i >= 0 && i < n) return i;
    return !reflect ? -1 : i < 0 ? -i : 2 * (n - 1) - i;
}

static void reference(const OpCase *c, double *const x[], double *y) {
    P2cDims xd = op_dims(c->x[0]), wd = op_dims(c->x[1]), yd = op_dims(c->y);
    int stride = c->conv.stride ? c->conv.stride : 1, groups = c->conv.groups ? c->conv.groups : 1, pad = c->conv.pad;
    for (int n = 0; n < yd.d[0]; n++)
        for (int o = 0; o < yd.d[1]; o++)
            for (int i = 0; i < yd.d[2]; i++)
                for (int j = 0; j < yd.d[3]; j++) {
                    double sum = c->count == 3 ? x[2][o] : 0;
                    int first = o / (yd.d[1] / groups) * wd.d[1];
                    for (int q = 0; q < wd.d[1]; q++)
                        for (int u = 0; u < wd.d[2]; u++)
                            for (int v = 0; v < wd.d[3]; v++) {
                                int h = source(i * stride + u - pad, xd.d[2], c->conv.reflect);
                                int w = source(j * stride + v - pad, xd.d[3], c->conv.reflect);
                                if (h >= 0 && w >= 0) sum += x[1][op_at(wd, o, q, u, v)] * x[0][op_at(xd, n, first + q, h, w)];
                            }
                    y[op_at(yd, n, o, i, j)] = sum;
                }
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) { return p2c_conv2d(x[0], x[1], c->count == 3 ? x[2] : NULL, c->conv); }

/* The fused form: a convolution of the instance norm of x. (With ReLU between: tests/unit/graph.c, against the parts.) */
static void normed_reference(const OpCase *c, double *const x[], double *y) {
    P2cDims d = op_dims(c->x[0]);
    int area = d.d[2] * d.d[3];
    double *normed = malloc(op_size(c->x[0]) * sizeof *normed);
    assert_non_null(normed);
    for (int p = 0; p < d.d[0] * d.d[1]; p++) {
        const double *from = x[0] + (size_t)p * area;
        double mean = 0, var = 0;
        for (int i = 0; i < area; i++) mean += from[i] / area;
        for (int i = 0; i < area; i++) var += (from[i] - mean) * (from[i] - mean) / area;
        for (int i = 0; i < area; i++) normed[(size_t)p * area + i] = (from[i] - mean) / sqrt(var + c->eps);
    }
    reference(c, (double *[]){ normed, x[1], x[2] }, y);
    free(normed);
}

static P2cNode *build_normed(const OpCase *c, P2cNode *const x[]) {
    P2cNode *y = build(c, x);
    if (!y) return NULL;
    P2cConvAttributes *a = P2C_ATTRIBUTES(y, P2cConvAttributes);
    a->normed = true;
    a->norm.eps = c->eps;
    assert_int_equal(y->op->shape(y), P2C_OK);
    return y;
}

typedef struct Row { int n, cin, h, w, cout, kh, kw, stride, pad, groups, reflect, bias; } Row;

static OpCase make(Row r) {
    int groups = r.groups ? r.groups : 1, stride = r.stride ? r.stride : 1;
    return (OpCase){ .count = 2 + r.bias,
                     .x = { DIMS(r.n, r.cin, r.h, r.w), DIMS(r.cout, r.cin / groups, r.kh, r.kw), DIMS(r.cout) },
                     .y = DIMS(r.n, r.cout, (r.h + 2 * r.pad - r.kh) / stride + 1, (r.w + 2 * r.pad - r.kw) / stride + 1),
                     .conv = { .stride = r.stride, .pad = r.pad, .groups = r.groups, .reflect = r.reflect } };
}

static const Row rows[] = {
    /* n, cin, h, w;  cout, kh, kw;  stride, pad, groups, reflect, bias */
    { 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0 },     { 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 1 },     { 3, 5, 1, 1, 3, 1, 1, 1, 0, 1, 0, 1 },
    { 1, 1, 1, 1, 2, 3, 3, 1, 1, 1, 0, 1 },     { 1, 3, 2, 2, 5, 3, 3, 1, 1, 1, 1, 0 },     { 3, 3, 7, 4, 8, 1, 1, 1, 0, 1, 0, 0 },
    { 1, 3, 5, 9, 8, 1, 1, 1, 3, 1, 0, 1 },     { 1, 2, 4, 6, 3, 3, 3, 1, 5, 1, 0, 1 },     { 1, 2, 7, 6, 3, 3, 3, 1, 5, 1, 1, 1 },
    { 2, 3, 8, 8, 4, 3, 3, 2, 1, 1, 0, 0 },     { 3, 5, 9, 7, 3, 3, 3, 2, 1, 1, 1, 1 },     { 1, 4, 10, 10, 4, 4, 4, 2, 1, 1, 0, 1 },
    { 1, 4, 11, 6, 5, 4, 4, 1, 1, 1, 1, 0 },    { 1, 4, 11, 8, 5, 4, 4, 2, 1, 1, 1, 0 },    { 1, 3, 12, 9, 8, 7, 7, 1, 3, 1, 1, 0 },
    { 2, 3, 8, 13, 5, 7, 7, 2, 3, 1, 0, 1 },    { 1, 3, 9, 8, 2, 7, 7, 1, 0, 1, 0, 1 },     { 1, 3, 6, 9, 5, 1, 3, 1, 1, 1, 0, 1 },
    { 1, 3, 9, 6, 5, 5, 2, 1, 2, 1, 1, 1 },     { 2, 2, 9, 10, 3, 2, 5, 3, 2, 1, 0, 0 },    { 1, 1, 5, 17, 1, 3, 3, 1, 1, 1, 1, 1 },
    { 1, 17, 6, 5, 33, 3, 3, 1, 1, 1, 1, 0 },   { 1, 33, 5, 6, 17, 3, 3, 1, 1, 1, 0, 1 },   { 3, 70, 4, 5, 33, 1, 1, 1, 0, 1, 0, 1 },
    { 1, 70, 7, 8, 70, 3, 3, 1, 1, 1, 1, 1 },   { 1, 33, 9, 8, 70, 4, 4, 2, 1, 1, 1, 0 },   { 1, 70, 9, 9, 8, 3, 3, 2, 1, 1, 0, 0 },
    /* strides larger than the picture */
    { 1, 2, 1, 1, 3, 3, 3, 3, 1, 1, 0, 0 },     { 2, 3, 2, 1, 2, 3, 3, 3, 1, 1, 0, 1 },     { 1, 2, 1, 2, 3, 4, 5, 5, 2, 1, 0, 0 },
    { 2, 2, 5, 1, 3, 1, 1, 2, 0, 1, 0, 0 },     { 1, 3, 7, 6, 2, 1, 1, 9, 2, 1, 0, 1 },     { 1, 2, 3, 2, 3, 3, 3, 7, 1, 1, 1, 0 },
    /* groups, depthwise */
    { 2, 6, 5, 7, 4, 3, 3, 1, 1, 2, 0, 1 },     { 1, 6, 6, 5, 9, 1, 1, 1, 0, 3, 0, 0 },     { 1, 5, 8, 6, 5, 3, 3, 1, 1, 5, 0, 1 },
    { 3, 8, 7, 7, 8, 3, 3, 2, 1, 8, 0, 0 },     { 1, 17, 7, 7, 17, 7, 7, 1, 0, 17, 0, 0 },  { 1, 5, 6, 8, 10, 3, 3, 1, 1, 5, 1, 1 },
    { 1, 34, 6, 9, 34, 3, 3, 1, 1, 2, 1, 0 },   { 1, 33, 9, 33, 33, 3, 3, 1, 1, 33, 1, 0 }, { 2, 70, 5, 5, 70, 3, 3, 2, 1, 70, 1, 1 },
    /* so many weights that another way is taken, with all the options */
    { 1, 260, 4, 5, 130, 3, 3, 1, 1, 1, 1, 0 }, { 3, 260, 5, 4, 130, 3, 3, 2, 1, 1, 0, 1 }, { 1, 130, 9, 11, 130, 4, 4, 2, 1, 1, 1, 1 },
    { 2, 520, 3, 7, 515, 1, 1, 1, 0, 1, 0, 1 }, { 1, 515, 1, 1, 512, 1, 1, 1, 0, 1, 0, 0 }, { 1, 520, 3, 3, 260, 3, 3, 1, 2, 2, 1, 1 },
    { 1, 300, 6, 5, 9, 7, 15, 1, 7, 1, 0, 1 },  { 2, 5400, 5, 5, 2, 7, 7, 1, 3, 1, 1, 1 },
    /* many channels, and maps large enough to be cut into pieces */
    { 1, 128, 8, 8, 128, 3, 3, 1, 1, 1, 1, 0 }, { 2, 64, 17, 16, 64, 3, 3, 1, 1, 1, 1, 0 }, { 1, 96, 16, 16, 130, 4, 4, 2, 1, 1, 1, 1 },
    { 3, 64, 20, 20, 96, 1, 1, 1, 0, 1, 0, 1 }, { 1, 256, 1, 1, 200, 1, 1, 1, 0, 1, 0, 1 }, { 1, 100, 4, 4, 1, 4, 4, 1, 1, 1, 1, 0 },
    { 1, 8, 130, 131, 8, 3, 3, 1, 1, 1, 1, 0 }, { 3, 3, 70, 65, 17, 7, 7, 1, 3, 1, 1, 1 },  { 1, 32, 66, 64, 3, 7, 7, 1, 3, 1, 1, 0 },
    { 1, 16, 129, 97, 8, 1, 1, 1, 0, 1, 0, 0 }, { 1, 3, 128, 130, 16, 4, 4, 2, 1, 1, 1, 1 }, { 1, 16, 64, 70, 16, 3, 3, 2, 1, 16, 0, 1 },
};

static void widths(OpTest *t) {
    static const int k[] = { 1, 3, 4, 7 };
    for (int w = 1; w <= 40; w++)
        for (size_t i = 0; i < COUNT(k); i++) {
            bool reflect = k[i] / 2 < w && w % 2;
            OpCase c = make((Row){ 1, 3, 4, w, 9, k[i], k[i], 1, k[i] / 2, 1, reflect && k[i] / 2 < 4, 1 });
            OpCase depthwise = make((Row){ 2, 3, 5, w, 3, k[i], k[i], 1 + w % 2, k[i] / 2, 3, 0, 0 });
            op_check(t, &c);
            op_check(t, &depthwise);
        }
}

static const Row normed_rows[] = {
    { 1, 3, 5, 9, 8, 1, 1, 1, 0, 1, 0, 1 },     { 2, 3, 8, 8, 4, 3, 3, 2, 1, 1, 0, 0 },     { 3, 5, 9, 7, 3, 3, 3, 2, 1, 1, 1, 1 },
    { 1, 3, 12, 9, 8, 7, 7, 1, 3, 1, 1, 0 },    { 1, 3, 5, 9, 8, 1, 1, 1, 3, 1, 0, 1 },     { 2, 6, 5, 7, 4, 3, 3, 1, 1, 2, 0, 1 },
    { 1, 5, 8, 6, 5, 3, 3, 1, 1, 5, 1, 1 },     { 2, 17, 6, 5, 33, 3, 3, 1, 1, 1, 1, 0 },   { 1, 16, 65, 70, 8, 3, 3, 1, 1, 1, 1, 0 },
    { 3, 260, 5, 4, 130, 3, 3, 2, 1, 1, 0, 1 }, { 1, 260, 4, 5, 130, 3, 3, 1, 1, 1, 1, 0 }, { 2, 8, 33, 40, 16, 3, 3, 1, 1, 1, 0, 1 },
};

static void normed(OpTest *t) {
    t->build = build_normed;
    t->reference = normed_reference;
    for (size_t i = 0; i < COUNT(normed_rows); i++) {
        OpCase c = make(normed_rows[i]);
        c.eps = i % 2 ? 1e-5f : 0.5f;
        op_check(t, &c);
    }
}

static void refusals(OpTest *t) {
    const P2cConv2d reflect = { .pad = 4, .reflect = true };
    op_refused(t, &(OpCase){ .count = 2, .x = { DIMS(3, 5, 4), DIMS(1, 5, 1, 1) } }, "(3,5,4)");
    op_refused(t, &(OpCase){ .count = 2, .x = { DIMS(1, 5, 4, 4), DIMS(2, 5) } }, "(2,5)");
    op_refused(t, &(OpCase){ .count = 2, .x = { DIMS(1, 5, 4, 4), DIMS(2, 4, 3, 3) } }, "(2,4,3,3)");
    op_refused(t, &(OpCase){ .count = 2, .x = { DIMS(1, 5, 4, 4), DIMS(2, 5, 5, 3) } }, "smaller than the 5 x 3 kernel");
    op_refused(t, &(OpCase){ .count = 3, .x = { DIMS(1, 5, 4, 4), DIMS(2, 5, 3, 3), DIMS(3) } }, "bias has shape (3), expected (2)");
    op_refused(t, &(OpCase){ .count = 2, .x = { DIMS(1, 6, 4, 4), DIMS(4, 2, 3, 3) }, .conv.groups = 2 }, "with 2 groups");
    op_refused(t, &(OpCase){ .count = 2, .x = { DIMS(1, 6, 4, 4), DIMS(3, 3, 3, 3) }, .conv.groups = 2 }, "(3,3,3,3)");
    op_refused(t, &(OpCase){ .count = 2, .x = { DIMS(1, 6, 4, 4), DIMS(3, 6, 3, 3) }, .conv.stride = -1 }, "stride -1");
    op_refused(t, &(OpCase){ .count = 2, .x = { DIMS(1, 6, 4, 4), DIMS(3, 6, 3, 3) }, .conv.pad = -1 }, "pad -1");
    op_refused(t, &(OpCase){ .count = 2, .x = { DIMS(1, 6, 4, 4), DIMS(3, 6, 3, 3) }, .conv.pad = 2147483647 }, "padding 2147483647 is too large");
    op_refused(t, &(OpCase){ .count = 2, .x = { DIMS(1, 6, 4, 9), DIMS(3, 6, 3, 3) }, .conv = reflect }, "reflection padding 4");
    op_refused(t, &(OpCase){ .count = 2, .x = { DIMS(1, 6, 9, 4), DIMS(3, 6, 3, 3) }, .conv = reflect }, "(1,6,9,4)");
}

void test_op_conv2d(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_conv2d, .build = build, .reference = reference };
    for (size_t i = 0; i < COUNT(rows); i++) op_check(&t, (OpCase[]){ make(rows[i]) });
    widths(&t);
    refusals(&t);
    normed(&t);
    op_done(&t);
}

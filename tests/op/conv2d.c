/* conv2d.c: convolution against seven plain loops. */
#include "harness.h"

/* Where a padded index reads: inside [0, n), or -1 for a zero. */
static int source(int i, int n, bool reflect) {
    if (i >= 0 && i < n) return i;
    return !reflect ? -1 : i < 0 ? -i : 2 * (n - 1) - i;
}

static void reference(const OpCase *c, double *const x[], double *y) {
    P2cDims xd = op_dims(c->x[0]), wd = op_dims(c->x[1]), yd = op_dims(c->y);
    int stride = c->conv.stride ? c->conv.stride : 1, groups = c->conv.groups ? c->conv.groups : 1,
        pad = c->conv.pad;
    int dilation = c->conv.dilation ? c->conv.dilation : 1;
    for (int n = 0; n < yd.d[0]; n++)
        for (int o = 0; o < yd.d[1]; o++)
            for (int i = 0; i < yd.d[2]; i++)
                for (int j = 0; j < yd.d[3]; j++) {
                    double sum = c->count == 3 ? x[2][o] : 0;
                    int first = o / (yd.d[1] / groups) * wd.d[1];
                    for (int q = 0; q < wd.d[1]; q++)
                        for (int u = 0; u < wd.d[2]; u++)
                            for (int v = 0; v < wd.d[3]; v++) {
                                int h = source(i * stride + u * dilation - pad, xd.d[2],
                                               c->conv.reflect);
                                int w = source(j * stride + v * dilation - pad, xd.d[3],
                                               c->conv.reflect);
                                if (h >= 0 && w >= 0)
                                    sum += x[1][op_at(wd, o, q, u, v)] *
                                           x[0][op_at(xd, n, first + q, h, w)];
                            }
                    y[op_at(yd, n, o, i, j)] = sum;
                }
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    return p2c_conv2d(x[0], x[1], c->count == 3 ? x[2] : NULL, c->conv);
}

/* The fused forms: a convolution of the instance norm of x (with ReLU between: tests/unit/fuse.c,
 * against the parts), */
static double *norm_of(P2cDims d, const double *x, double eps) {
    int area = d.d[2] * d.d[3];
    double *normed = malloc(p2c_dims_count(d) * sizeof *normed);
    assert_non_null(normed);
    for (int p = 0; p < d.d[0] * d.d[1]; p++) {
        const double *from = x + (size_t)p * area;
        double mean = 0, var = 0;
        for (int i = 0; i < area; i++) mean += from[i] / area;
        for (int i = 0; i < area; i++) var += (from[i] - mean) * (from[i] - mean) / area;
        for (int i = 0; i < area; i++)
            normed[(size_t)p * area + i] = (from[i] - mean) / sqrt(var + eps);
    }
    return normed;
}

/* of x repeated, */
static double *repeated(P2cDims d, const double *x, int factor) {
    P2cDims large = P2C_DIMS(d.d[0], d.d[1], d.d[2] * factor, d.d[3] * factor);
    double *y = malloc(p2c_dims_count(large) * sizeof *y);
    assert_non_null(y);
    for (int n = 0; n < large.d[0]; n++)
        for (int c = 0; c < large.d[1]; c++)
            for (int h = 0; h < large.d[2]; h++)
                for (int w = 0; w < large.d[3]; w++)
                    y[op_at(large, n, c, h, w)] = x[op_at(d, n, c, h / factor, w / factor)];
    return y;
}

/* and of both. eps 0: no norm; factor 0: not repeated. */
static void fused_reference(const OpCase *c, double *const x[], double *y) {
    int factor = c->factor > 1 ? c->factor : 1;
    OpCase plain = *c;
    P2cDims d = op_dims(c->x[0]);
    double *normed = c->eps > 0 ? norm_of(d, x[0], c->eps) : NULL,
           *large = repeated(d, normed ? normed : x[0], factor);
    plain.x[0].d[2] *= factor;
    plain.x[0].d[3] *= factor;
    reference(&plain, (double *[]){ large, x[1], x[2] }, y);
    free(normed);
    free(large);
}

/* And any of these with a ReLU behind. */
static void activated_reference(const OpCase *c, double *const x[], double *y) {
    fused_reference(c, x, y);
    for (size_t i = 0; i < op_size(c->y); i++)
        if (y[i] <= 0) y[i] *= (double)c->slope;
}

static P2cNode *build_fused(const OpCase *c, P2cNode *const x[]) {
    P2cConvAttributes a = { .conv = c->conv,
                            .normed = c->eps > 0,
                            .norm.eps = c->eps,
                            .upsample = c->factor,
                            .activation = { c->flag, c->slope } };
    P2cNode *node = p2c_node_new(&p2c_op_conv2d, c->count, x, &a, sizeof a);
    if (node) node->keeps_y = c->flag;
    return node;
}

typedef struct Row {
    int n, cin, h, w, cout, kh, kw, stride, pad, groups, reflect, bias;
} Row;

static OpCase make(Row r) {
    int groups = r.groups ? r.groups : 1, stride = r.stride ? r.stride : 1;
    return (OpCase){
        .count = 2 + r.bias,
        .x = { DIMS(r.n, r.cin, r.h, r.w), DIMS(r.cout, r.cin / groups, r.kh, r.kw), DIMS(r.cout) },
        .y = DIMS(r.n, r.cout, (r.h + 2 * r.pad - r.kh) / stride + 1,
                  (r.w + 2 * r.pad - r.kw) / stride + 1),
        .conv = { .stride = r.stride, .pad = r.pad, .groups = r.groups, .reflect = r.reflect }
    };
}

static const Row rows[] = {
    /* n, cin, h, w;  cout, kh, kw;  stride, pad, groups, reflect, bias */
    { 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0 },
    { 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 1 },
    { 3, 5, 1, 1, 3, 1, 1, 1, 0, 1, 0, 1 },
    { 1, 1, 1, 1, 2, 3, 3, 1, 1, 1, 0, 1 },
    { 1, 3, 2, 2, 5, 3, 3, 1, 1, 1, 1, 0 },
    { 3, 3, 7, 4, 8, 1, 1, 1, 0, 1, 0, 0 },
    { 1, 3, 5, 9, 8, 1, 1, 1, 3, 1, 0, 1 },
    { 1, 2, 4, 6, 3, 3, 3, 1, 5, 1, 0, 1 },
    { 1, 2, 7, 6, 3, 3, 3, 1, 5, 1, 1, 1 },
    { 2, 3, 8, 8, 4, 3, 3, 2, 1, 1, 0, 0 },
    { 3, 5, 9, 7, 3, 3, 3, 2, 1, 1, 1, 1 },
    { 1, 4, 10, 10, 4, 4, 4, 2, 1, 1, 0, 1 },
    { 1, 4, 11, 6, 5, 4, 4, 1, 1, 1, 1, 0 },
    { 1, 4, 11, 8, 5, 4, 4, 2, 1, 1, 1, 0 },
    { 1, 3, 12, 9, 8, 7, 7, 1, 3, 1, 1, 0 },
    { 2, 3, 8, 13, 5, 7, 7, 2, 3, 1, 0, 1 },
    { 1, 3, 9, 8, 2, 7, 7, 1, 0, 1, 0, 1 },
    { 1, 3, 6, 9, 5, 1, 3, 1, 1, 1, 0, 1 },
    { 1, 3, 9, 6, 5, 5, 2, 1, 2, 1, 1, 1 },
    { 2, 2, 9, 10, 3, 2, 5, 3, 2, 1, 0, 0 },
    { 1, 1, 5, 17, 1, 3, 3, 1, 1, 1, 1, 1 },
    { 1, 17, 6, 5, 33, 3, 3, 1, 1, 1, 1, 0 },
    { 1, 33, 5, 6, 17, 3, 3, 1, 1, 1, 0, 1 },
    { 3, 70, 4, 5, 33, 1, 1, 1, 0, 1, 0, 1 },
    { 1, 70, 7, 8, 70, 3, 3, 1, 1, 1, 1, 1 },
    { 1, 33, 9, 8, 70, 4, 4, 2, 1, 1, 1, 0 },
    { 1, 70, 9, 9, 8, 3, 3, 2, 1, 1, 0, 0 },
    /* strides larger than the picture */
    { 1, 2, 1, 1, 3, 3, 3, 3, 1, 1, 0, 0 },
    { 2, 3, 2, 1, 2, 3, 3, 3, 1, 1, 0, 1 },
    { 1, 2, 1, 2, 3, 4, 5, 5, 2, 1, 0, 0 },
    { 2, 2, 5, 1, 3, 1, 1, 2, 0, 1, 0, 0 },
    { 1, 3, 7, 6, 2, 1, 1, 9, 2, 1, 0, 1 },
    { 1, 2, 3, 2, 3, 3, 3, 7, 1, 1, 1, 0 },
    /* groups, depthwise */
    { 2, 6, 5, 7, 4, 3, 3, 1, 1, 2, 0, 1 },
    { 1, 6, 6, 5, 9, 1, 1, 1, 0, 3, 0, 0 },
    { 1, 5, 8, 6, 5, 3, 3, 1, 1, 5, 0, 1 },
    { 3, 8, 7, 7, 8, 3, 3, 2, 1, 8, 0, 0 },
    { 1, 17, 7, 7, 17, 7, 7, 1, 0, 17, 0, 0 },
    { 1, 5, 6, 8, 10, 3, 3, 1, 1, 5, 1, 1 },
    { 1, 34, 6, 9, 34, 3, 3, 1, 1, 2, 1, 0 },
    { 1, 33, 9, 33, 33, 3, 3, 1, 1, 33, 1, 0 },
    { 2, 70, 5, 5, 70, 3, 3, 2, 1, 70, 1, 1 },
    /* so many weights that another way is taken, with all the options */
    { 1, 260, 4, 5, 130, 3, 3, 1, 1, 1, 1, 0 },
    { 3, 260, 5, 4, 130, 3, 3, 2, 1, 1, 0, 1 },
    { 1, 130, 9, 11, 130, 4, 4, 2, 1, 1, 1, 1 },
    { 2, 520, 3, 7, 515, 1, 1, 1, 0, 1, 0, 1 },
    { 1, 515, 1, 1, 512, 1, 1, 1, 0, 1, 0, 0 },
    { 1, 520, 3, 3, 260, 3, 3, 1, 2, 2, 1, 1 },
    { 1, 300, 6, 5, 9, 7, 15, 1, 7, 1, 0, 1 },
    { 2, 5400, 5, 5, 2, 7, 7, 1, 3, 1, 1, 1 },
    /* many channels, and maps large enough to be cut into pieces */
    { 1, 128, 8, 8, 128, 3, 3, 1, 1, 1, 1, 0 },
    { 2, 64, 17, 16, 64, 3, 3, 1, 1, 1, 1, 0 },
    { 1, 96, 16, 16, 130, 4, 4, 2, 1, 1, 1, 1 },
    { 3, 64, 20, 20, 96, 1, 1, 1, 0, 1, 0, 1 },
    { 1, 256, 1, 1, 200, 1, 1, 1, 0, 1, 0, 1 },
    { 1, 100, 4, 4, 1, 4, 4, 1, 1, 1, 1, 0 },
    { 1, 8, 130, 131, 8, 3, 3, 1, 1, 1, 1, 0 },
    { 3, 3, 70, 65, 17, 7, 7, 1, 3, 1, 1, 1 },
    { 1, 32, 66, 64, 3, 7, 7, 1, 3, 1, 1, 0 },
    { 1, 16, 129, 97, 8, 1, 1, 1, 0, 1, 0, 0 },
    { 1, 3, 128, 130, 16, 4, 4, 2, 1, 1, 1, 1 },
    { 1, 16, 64, 70, 16, 3, 3, 2, 1, 16, 0, 1 },
    /* many small groups, a whole map each */
    { 1, 40, 8, 10, 40, 3, 3, 1, 1, 40, 0, 1 },
    { 2, 24, 30, 17, 24, 5, 5, 2, 2, 24, 0, 0 },
    { 1, 48, 9, 7, 96, 3, 3, 1, 1, 24, 1, 1 },
};

static void widths(OpTest *t) {
    static const int k[] = { 1, 3, 4, 7 };
    for (int w = 1; w <= 40; w += emulated_order ? 3 : 1)
        for (size_t i = 0; i < COUNT(k); i++) {
            bool reflect = k[i] / 2 < w && w % 2;
            OpCase c = make(
                (Row){ 1, 3, 4, w, 9, k[i], k[i], 1, k[i] / 2, 1, reflect && k[i] / 2 < 4, 1 });
            OpCase depthwise =
                make((Row){ 2, 3, 5, w, 3, k[i], k[i], 1 + w % 2, k[i] / 2, 3, 0, 0 });
            op_check(t, &c);
            op_check(t, &depthwise);
        }
}

/* With the defaults filled in, as the builder does, which the fused forms go around. */
static OpCase make_explicit(Row r) {
    OpCase c = make(r);
    if (!c.conv.stride) c.conv.stride = 1;
    if (!c.conv.groups) c.conv.groups = 1;
    if (!c.conv.dilation) c.conv.dilation = 1;
    return c;
}

static const Row normed_rows[] = {
    { 1, 3, 5, 9, 8, 1, 1, 1, 0, 1, 0, 1 },     { 2, 3, 8, 8, 4, 3, 3, 2, 1, 1, 0, 0 },
    { 3, 5, 9, 7, 3, 3, 3, 2, 1, 1, 1, 1 },     { 1, 3, 12, 9, 8, 7, 7, 1, 3, 1, 1, 0 },
    { 1, 3, 5, 9, 8, 1, 1, 1, 3, 1, 0, 1 },     { 2, 6, 5, 7, 4, 3, 3, 1, 1, 2, 0, 1 },
    { 1, 5, 8, 6, 5, 3, 3, 1, 1, 5, 1, 1 },     { 2, 17, 6, 5, 33, 3, 3, 1, 1, 1, 1, 0 },
    { 1, 16, 65, 70, 8, 3, 3, 1, 1, 1, 1, 0 },  { 3, 260, 5, 4, 130, 3, 3, 2, 1, 1, 0, 1 },
    { 1, 260, 4, 5, 130, 3, 3, 1, 1, 1, 1, 0 }, { 2, 8, 33, 40, 16, 3, 3, 1, 1, 1, 0, 1 },
};

static void normed(OpTest *t) {
    t->build = build_fused;
    t->reference = fused_reference;
    t->folds = P2C_FOLD_NORM;
    for (size_t i = 0; i < COUNT(normed_rows); i++) {
        OpCase c = make_explicit(normed_rows[i]);
        c.eps = i % 2 ? 1e-5f : 0.5f;
        op_check(t, &c);
    }
}

/* The row's h and w are those of what is convolved. */
static OpCase make_upsampled(Row r, int factor) {
    OpCase c = make_explicit(r);
    c.factor = factor;
    c.x[0].d[2] /= factor;
    c.x[0].d[3] /= factor;
    assert_int_equal(c.x[0].d[2] * factor, r.h);
    assert_int_equal(c.x[0].d[3] * factor, r.w);
    return c;
}

static const Row upsampled_rows[] = {
    { 1, 1, 6, 6, 1, 1, 1, 1, 0, 1, 0, 0 },     { 2, 3, 6, 12, 8, 3, 3, 1, 1, 1, 1, 0 },
    { 1, 3, 12, 6, 5, 3, 3, 1, 1, 1, 0, 1 },    { 1, 2, 12, 18, 3, 7, 7, 1, 3, 1, 1, 1 },
    { 1, 3, 12, 6, 2, 5, 5, 1, 0, 1, 0, 0 },    { 2, 3, 12, 12, 4, 3, 3, 2, 1, 1, 1, 0 },
    { 1, 4, 12, 18, 5, 4, 4, 3, 2, 1, 0, 1 },   { 2, 6, 6, 12, 4, 3, 3, 1, 1, 2, 0, 1 },
    { 1, 5, 6, 6, 5, 3, 3, 1, 1, 5, 1, 1 },     { 1, 33, 12, 18, 17, 3, 3, 1, 1, 1, 1, 0 },
    { 1, 16, 66, 72, 8, 3, 3, 1, 1, 1, 1, 0 },  { 2, 64, 18, 12, 64, 3, 3, 1, 1, 1, 1, 1 },
    { 1, 260, 6, 6, 130, 3, 3, 1, 1, 1, 1, 0 }, { 3, 260, 6, 6, 130, 3, 3, 2, 1, 1, 0, 1 },
    { 1, 3, 6, 6, 8, 1, 1, 1, 3, 1, 0, 1 },
};

static void upsampled(OpTest *t) {
    t->build = build_fused;
    t->reference = fused_reference;
    for (int with_norm = 0; with_norm < 2; with_norm++) {
        t->folds = P2C_FOLD_UPSAMPLE | (with_norm ? P2C_FOLD_NORM : 0);
        for (size_t i = 0; i < COUNT(upsampled_rows); i++)
            for (int factor = 2; factor <= 3; factor++) {
                OpCase c = make_upsampled(upsampled_rows[i], factor);
                c.eps = with_norm ? 0.5f : 0;
                op_check(t, &c);
            }
        for (int w = 1; w <= 20; w++) {
            OpCase c = make_upsampled((Row){ 1, 3, 4, 2 * w, 9, 3, 3, 1, 1, 1, w % 2, 1 }, 2);
            c.eps = with_norm ? 0.5f : 0;
            op_check(t, &c);
        }
    }
}

static const struct {
    Row row;
    int dilation;
} dilated_rows[] = {
    /* n, cin, h, w;  cout, kh, kw;  stride, pad, groups, reflect, bias;  dilation */
    { { 1, 1, 3, 3, 1, 2, 2, 1, 0, 1, 0, 0 }, 2 },
    { { 1, 3, 9, 12, 5, 3, 3, 1, 2, 1, 0, 1 }, 2 },
    { { 2, 3, 10, 9, 8, 3, 3, 1, 3, 1, 1, 1 }, 3 },
    { { 1, 4, 12, 11, 6, 3, 3, 2, 2, 1, 0, 1 }, 2 },
    { { 2, 5, 13, 14, 4, 3, 3, 2, 3, 1, 1, 0 }, 3 },
    { { 1, 3, 14, 13, 4, 4, 2, 3, 2, 1, 0, 1 }, 2 },
    { { 1, 3, 16, 15, 5, 3, 3, 4, 4, 1, 1, 1 }, 6 },
    { { 1, 2, 8, 6, 3, 1, 1, 1, 0, 1, 0, 1 }, 4 },
    { { 1, 3, 12, 17, 7, 5, 3, 1, 4, 1, 0, 0 }, 2 },
    { { 1, 2, 4, 5, 3, 3, 3, 1, 6, 1, 0, 1 }, 6 },
    { { 1, 17, 20, 33, 33, 3, 3, 1, 4, 1, 0, 1 }, 4 },
    { { 1, 6, 9, 11, 4, 3, 3, 1, 2, 2, 0, 1 }, 2 },
    { { 2, 6, 13, 9, 6, 3, 3, 1, 2, 6, 0, 1 }, 2 },
    { { 1, 5, 12, 12, 10, 3, 3, 2, 3, 5, 1, 0 }, 3 },
    { { 1, 40, 10, 12, 40, 3, 3, 1, 2, 40, 0, 1 }, 2 },
    { { 1, 260, 6, 7, 130, 3, 3, 1, 2, 1, 1, 0 }, 2 },
    { { 2, 260, 7, 6, 130, 3, 3, 2, 2, 1, 0, 1 }, 2 },
    { { 1, 16, 40, 44, 24, 3, 3, 1, 3, 1, 1, 1 }, 3 },
    { { 1, 8, 60, 61, 12, 7, 7, 1, 9, 1, 0, 1 }, 3 },
    { { 1, 3, 40, 40, 4, 3, 3, 1, 18, 1, 0, 0 }, 18 },
};

static void set_dilation(OpCase *c, Row r, int dilation) {
    c->conv.dilation = dilation;
    c->y.d[2] = (r.h + 2 * r.pad - (r.kh - 1) * dilation - 1) / r.stride + 1;
    c->y.d[3] = (r.w + 2 * r.pad - (r.kw - 1) * dilation - 1) / r.stride + 1;
}

static void dilated(OpTest *t) {
    for (size_t i = 0; i < COUNT(dilated_rows); i++) {
        const Row r = dilated_rows[i].row;
        for (int factor = 0; factor <= 2; factor += 2) {
            OpCase c = factor && r.h % 2 == 0 && r.w % 2 == 0 ? make_upsampled(r, factor)
                                                              : make_explicit(r);
            set_dilation(&c, r, dilated_rows[i].dilation);
            c.eps = factor ? 0.5f : 0;
            t->build = factor ? build_fused : build;
            t->reference = factor ? fused_reference : reference;
            t->folds = factor ? P2C_FOLD_UPSAMPLE | P2C_FOLD_NORM : 0;
            op_check(t, &c);
        }
    }
}

/* In the emulation the largest cases would take minutes each. */
static bool too_long(const OpCase *c) {
    P2cDims y = op_dims(c->y);
    return emulated_order &&
           op_size(c->x[1]) * (size_t)(y.d[0] * y.d[2] * y.d[3] + 63) / 64 * 64 > 10000000;
}

/* Every way of computing, with and without what is fused in front. */
static void activate(OpTest *t, OpCase c, int i) {
    c.flag = true;
    c.slope = i % 2 ? 0.2f : 0;
    c.eps = i % 3 ? 0 : 0.5f;
    c.terms[1] = 0.1f; /* of a single weight: products with dy, of either sign */
    t->folds = P2C_FOLD_ACTIVATION | (c.eps > 0 ? P2C_FOLD_NORM : 0) |
               (c.factor > 1 ? P2C_FOLD_UPSAMPLE : 0);
    if (!too_long(&c)) op_check(t, &c);
}

static void activated(OpTest *t) {
    *t = (OpTest){ .op = P2C_OP_conv2d,
                   .build = build_fused,
                   .reference = activated_reference,
                   .gradient_of = fused_reference,
                   .relu = true,
                   .cases = t->cases,
                   .worst_y = t->worst_y,
                   .worst_dx = t->worst_dx };
    for (int i = 0; i < (int)COUNT(rows); i += 3) activate(t, make_explicit(rows[i]), i / 3);
    for (int i = 0; i < (int)COUNT(upsampled_rows); i++)
        activate(t, make_upsampled(upsampled_rows[i], 2), i);
    for (int w = 1; w <= 34; w += 3)
        activate(t, make_explicit((Row){ 2, 3, 4, w, 1 + w % 10, 3, 3, 1, 1, 1, 0, w % 2 }), w);
}

/* ---- tensor cores: factors of fewer bits, where a device has them ---------------------------- */

/* The square root of the mean square of a, or of a - b. */
static double root_mean_square(const float *a, const float *b, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (a[i] - (b ? b[i] : 0.0)) * (a[i] - (b ? b[i] : 0.0));
    return sqrt(sum / (double)n);
}

/* y, and behind it the gradients of x and w, computed in a precision. */
static float *computed(OpRun *run, const OpCase *c, P2cPrecision precision) {
    size_t ny = op_size(c->y), nx = op_size(c->x[0]), nw = op_size(c->x[1]);
    float *all = malloc((ny + nx + nw) * sizeof *all);
    assert_non_null(all);
    assert_int_equal(p2c_context_set_precision(run->ctx, precision), P2C_OK);
    for (int i = 0; i < c->count; i++) memset(run->call.dx[i], 0, op_size(c->x[i]) * sizeof(float));
    op_run_forward(run, 1);
    op_run_backward(run, 1);
    memcpy(all, run->call.y, ny * sizeof *all);
    memcpy(all + ny, run->call.dx[0], nx * sizeof *all);
    memcpy(all + ny + nx, run->call.dx[1], nw * sizeof *all);
    return all;
}

/* That float32 is right is known by now: the others are held against it, and must not be it. */
static void rounded_case(OpTest *t, const OpCase *c) {
    static const struct {
        P2cPrecision precision;
        const char *name;
        double least, most;
    } ways[] = { { P2C_PRECISION_TF32, "tf32", 1e-5, 1e-3 },
                 { P2C_PRECISION_BF16, "bf16", 1e-4, 1e-2 } };
    const size_t sizes[] = { op_size(c->y), op_size(c->x[0]), op_size(c->x[1]) };
    uint64_t state = 5;
    OpRun run;
    op_run_init(&run, t, c);
    for (int i = 0; i < c->count; i++)
        for (size_t e = 0; e < op_size(c->x[i]); e++) run.call.x[i][e] = (float)op_uniform(&state);
    for (size_t e = 0; e < sizes[0]; e++) ((float *)run.call.dy)[e] = (float)op_uniform(&state);
    float *exact =
        p2c_device_is_host(run.ctx->device) ? NULL : computed(&run, c, P2C_PRECISION_FP32);
    for (size_t k = 0; exact && k < COUNT(ways); k++) {
        float *got = computed(&run, c, ways[k].precision);
        for (size_t part = 0, at = 0; part < COUNT(sizes); at += sizes[part++]) {
            double error = root_mean_square(got + at, exact + at, sizes[part]) /
                           root_mean_square(exact + at, NULL, sizes[part]);
            if (!(error >= ways[k].least && error <= ways[k].most))
                fail_msg("conv2d in %s, case %d: %s has an error of %.3g, expected %g to %g",
                         ways[k].name, t->cases + 1, (const char *[]){ "y", "dx", "dw" }[part],
                         error, ways[k].least, ways[k].most);
        }
        free(got);
    }
    free(exact);
    op_run_clear(&run);
    t->cases++;
}

static const Row rounded_rows[] = {
    { 1, 8, 40, 33, 8, 3, 3, 1, 1, 1, 1, 0 },   { 2, 17, 9, 12, 33, 3, 3, 1, 1, 1, 0, 1 },
    { 1, 33, 18, 16, 70, 4, 4, 2, 1, 1, 1, 0 }, { 1, 70, 20, 17, 20, 1, 1, 1, 0, 1, 0, 1 },
    { 1, 3, 20, 34, 32, 7, 7, 1, 3, 1, 1, 0 },  { 1, 96, 4, 4, 40, 3, 3, 1, 1, 1, 0, 1 },
    { 2, 40, 8, 8, 16, 3, 3, 1, 1, 1, 1, 1 },   { 1, 20, 66, 64, 70, 3, 3, 1, 1, 1, 0, 0 },
    { 1, 70, 7, 9, 33, 3, 3, 2, 1, 1, 0, 1 },
};

static void rounded(OpTest *t) {
    for (size_t i = 0; i < COUNT(rounded_rows); i++) {
        const Row r = rounded_rows[i];
        OpCase plain = make_explicit(r), fused = r.h % 2 || r.w % 2 ? plain : make_upsampled(r, 2);
        fused.eps = 1e-5f;
        t->build = build;
        rounded_case(t, &plain);
        t->build = build_fused;
        rounded_case(t, &fused);
    }
    const Row r = { 1, 33, 18, 20, 40, 3, 3, 1, 2, 1, 0, 1 };
    OpCase c = make_upsampled(r, 2);
    set_dilation(&c, r, 2);
    c.eps = 1e-5f;
    rounded_case(t, &c);
}

static void refusals(OpTest *t) {
    const P2cConv2d reflect = { .pad = 4, .reflect = true };
    op_refused(t, &(OpCase){ .count = 2, .x = { DIMS(3, 5, 4), DIMS(1, 5, 1, 1) } }, "(3,5,4)");
    op_refused(t, &(OpCase){ .count = 2, .x = { DIMS(1, 5, 4, 4), DIMS(2, 5) } }, "(2,5)");
    op_refused(t, &(OpCase){ .count = 2, .x = { DIMS(1, 5, 4, 4), DIMS(2, 4, 3, 3) } },
               "(2,4,3,3)");
    op_refused(t, &(OpCase){ .count = 2, .x = { DIMS(1, 5, 4, 4), DIMS(2, 5, 5, 3) } },
               "smaller than the 5 x 3 kernel");
    op_refused(t, &(OpCase){ .count = 3, .x = { DIMS(1, 5, 4, 4), DIMS(2, 5, 3, 3), DIMS(3) } },
               "bias has shape (3), expected (2)");
    op_refused(
        t, &(OpCase){ .count = 2, .x = { DIMS(1, 6, 4, 4), DIMS(4, 2, 3, 3) }, .conv.groups = 2 },
        "with 2 groups");
    op_refused(
        t, &(OpCase){ .count = 2, .x = { DIMS(1, 6, 4, 4), DIMS(3, 3, 3, 3) }, .conv.groups = 2 },
        "(3,3,3,3)");
    op_refused(
        t, &(OpCase){ .count = 2, .x = { DIMS(1, 6, 4, 4), DIMS(3, 6, 3, 3) }, .conv.stride = -1 },
        "stride -1");
    op_refused(t,
               &(OpCase){ .count = 2, .x = { DIMS(1, 6, 4, 4), DIMS(3, 6, 3, 3) }, .conv.pad = -1 },
               "pad -1");
    op_refused(t,
               &(OpCase){ .count = 2,
                          .x = { DIMS(1, 6, 4, 4), DIMS(3, 6, 3, 3) },
                          .conv.pad = 2147483647 },
               "padding 2147483647 is too large");
    op_refused(
        t,
        &(OpCase){ .count = 2, .x = { DIMS(1, 6, 4, 4), DIMS(3, 6, 3, 3) }, .conv.dilation = -1 },
        "dilation -1");
    op_refused(
        t, &(OpCase){ .count = 2, .x = { DIMS(1, 6, 4, 4), DIMS(3, 6, 3, 3) }, .conv.dilation = 2 },
        "3 x 3 kernel with dilation 2");
    op_refused(t,
               &(OpCase){ .count = 2,
                          .x = { DIMS(1, 6, 4, 4), DIMS(3, 6, 3, 3) },
                          .conv.dilation = 2147483647 },
               "dilation 2147483647");
    op_refused(
        t, &(OpCase){ .count = 2, .x = { DIMS(1, 6, 4, 9), DIMS(3, 6, 3, 3) }, .conv = reflect },
        "reflection padding 4");
    op_refused(
        t, &(OpCase){ .count = 2, .x = { DIMS(1, 6, 9, 4), DIMS(3, 6, 3, 3) }, .conv = reflect },
        "(1,6,9,4)");
}

void test_op_conv2d(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_conv2d, .build = build, .reference = reference };
    int left_out = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        OpCase c = make(rows[i]);
        if (too_long(&c)) left_out++;
        else op_check(&t, &c);
    }
    if (left_out)
        print_message("%d of the largest cases are left out in the emulation\n", left_out);
    widths(&t);
    refusals(&t);
    normed(&t);
    upsampled(&t);
    dilated(&t);
    rounded(&t);
    activated(&t);
    op_done(&t);
}

/* conv2d_fused.c: convolutions with what fusion adds to them. */
#include "conv2d.h"

/* The instance norm of x, for the fused convolution of it. With a ReLU between, it is tested
 * against its parts in tests/unit/fuse.c. */
static double *norm_of(P2cDims d, const double *x, double eps) {
    int area = d.d[2] * d.d[3];
    double *normalised = malloc(p2c_dims_count(d) * sizeof *normalised);
    assert_non_null(normalised);
    for (int p = 0; p < d.d[0] * d.d[1]; p++) {
        const double *from = x + (size_t)p * area;
        double mean = 0, var = 0;
        for (int i = 0; i < area; i++) mean += from[i] / area;
        for (int i = 0; i < area; i++) var += (from[i] - mean) * (from[i] - mean) / area;
        for (int i = 0; i < area; i++)
            normalised[(size_t)p * area + i] = (from[i] - mean) / sqrt(var + eps);
    }
    return normalised;
}

/* x with each value repeated factor x factor times. */
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

/* A convolution of the norm of x, of x repeated, or of both. */
static void fused_reference(const OpCase *c, double *const x[], double *y) {
    const P2cConvAttributes *o = c->options;
    int factor = o->upsample > 1 ? o->upsample : 1;
    OpCase plain = *c;
    P2cDims d = op_dims(c->x[0]);
    double *normalised = o->normalised ? norm_of(d, x[0], o->norm.eps) : NULL,
           *large = repeated(d, normalised ? normalised : x[0], factor);
    plain.x[0].d[2] *= factor;
    plain.x[0].d[3] *= factor;
    conv2d_reference(&plain, (double *[]){ large, x[1], x[2] }, y);
    free(normalised);
    free(large);
}

/* A ReLU, leaky or not, that follows any of these. */
static double activation_slope(const OpCase *c, double y) {
    const P2cConvAttributes *o = c->options;
    return !o->activation.on || y > 0 ? 1 : o->activation.slope;
}

static void activated_reference(const OpCase *c, double *const x[], double *y) {
    fused_reference(c, x, y);
    for (size_t i = 0; i < op_size(c->y); i++) y[i] *= activation_slope(c, y[i]);
}

P2cNode *conv2d_build_fused(const OpCase *c, P2cNode *const x[]) {
    const P2cConvAttributes *o = c->options;
    P2cNode *node = p2c_node_new(&p2c_op_conv2d, c->count, x, o, sizeof *o);
    if (node) node->keeps_y = o->activation.on;
    return node;
}

static const ConvRow normalised_rows[] = {
    { 1, 3, 5, 9, 8, 1, 1, 1, 0, 1, 0, 1 },     { 2, 3, 8, 8, 4, 3, 3, 2, 1, 1, 0, 0 },
    { 3, 5, 9, 7, 3, 3, 3, 2, 1, 1, 1, 1 },     { 1, 3, 12, 9, 8, 7, 7, 1, 3, 1, 1, 0 },
    { 1, 3, 5, 9, 8, 1, 1, 1, 3, 1, 0, 1 },     { 2, 6, 5, 7, 4, 3, 3, 1, 1, 2, 0, 1 },
    { 1, 5, 8, 6, 5, 3, 3, 1, 1, 5, 1, 1 },     { 2, 17, 6, 5, 33, 3, 3, 1, 1, 1, 1, 0 },
    { 1, 16, 65, 70, 8, 3, 3, 1, 1, 1, 1, 0 },  { 3, 260, 5, 4, 130, 3, 3, 2, 1, 1, 0, 1 },
    { 1, 260, 4, 5, 130, 3, 3, 1, 1, 1, 1, 0 }, { 2, 8, 33, 40, 16, 3, 3, 1, 1, 1, 0, 1 },
};

static void normalised(OpTest *t) {
    t->build = conv2d_build_fused;
    t->reference = fused_reference;
    t->folds = P2C_FOLD_NORM;
    for (size_t i = 0; i < COUNT(normalised_rows); i++) {
        ConvCase c = conv2d_make_explicit(normalised_rows[i]);
        conv2d_add_norm(&c, i % 2 ? 1e-5f : 0.5f);
        conv2d_check(t, &c);
    }
}

static const ConvRow upsampled_rows[] = {
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
    t->build = conv2d_build_fused;
    t->reference = fused_reference;
    for (int with_norm = 0; with_norm < 2; with_norm++) {
        t->folds = P2C_FOLD_UPSAMPLE | (with_norm ? P2C_FOLD_NORM : 0);
        for (size_t i = 0; i < COUNT(upsampled_rows); i++)
            for (int factor = 2; factor <= 3; factor++) {
                ConvCase c = conv2d_make_upsampled(upsampled_rows[i], factor);
                if (with_norm) conv2d_add_norm(&c, 0.5f);
                conv2d_check(t, &c);
            }
        for (int w = 1; w <= 20; w++) {
            ConvCase c =
                conv2d_make_upsampled((ConvRow){ 1, 3, 4, 2 * w, 9, 3, 3, 1, 1, 1, w % 2, 1 }, 2);
            if (with_norm) conv2d_add_norm(&c, 0.5f);
            conv2d_check(t, &c);
        }
    }
}

static const struct {
    ConvRow row;
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

static void dilated(OpTest *t) {
    for (size_t i = 0; i < COUNT(dilated_rows); i++) {
        const ConvRow r = dilated_rows[i].row;
        for (int factor = 0; factor <= 2; factor += 2) {
            ConvCase c = factor && r.h % 2 == 0 && r.w % 2 == 0 ? conv2d_make_upsampled(r, factor)
                                                                : conv2d_make_explicit(r);
            conv2d_set_dilation(&c, r, dilated_rows[i].dilation);
            if (factor) conv2d_add_norm(&c, 0.5f);
            t->build = factor ? conv2d_build_fused : conv2d_build;
            t->reference = factor ? fused_reference : conv2d_reference;
            t->folds = factor ? P2C_FOLD_UPSAMPLE | P2C_FOLD_NORM : 0;
            conv2d_check(t, &c);
        }
    }
}

/* With every algorithm, with and without a norm or an upsampling before. */
static void activate(OpTest *t, ConvCase k, int i) {
    k.options.activation = (P2cActivation){ true, i % 2 ? 0.2f : 0 };
    if (i % 3 == 0) conv2d_add_norm(&k, 0.5f);
    k.c.terms[1] = 0.1f; /* a weight's gradient is a sum of products of either sign */
    t->folds = P2C_FOLD_ACTIVATION | (k.options.normalised ? P2C_FOLD_NORM : 0) |
               (k.options.upsample > 1 ? P2C_FOLD_UPSAMPLE : 0);
    if (!conv2d_too_long(&k.c)) conv2d_check(t, &k);
}

/* ---- Winograd's algorithm: maps of all sizes, with all that is fused, pads of 0 to 2 ---- */

static ConvCase winograd_case(int h, int w, int i) {
    static const int channels[] = { 8, 1, 11, 4, 16, 10, 2, 19 };
    int pad = i % 3 == 0 || h < 3 || w < 3 ? 1 : i % 3 == 1 ? 0 : 2;
    bool reflect = i % 2 && pad == 1 && h > 1 && w > 1;
    ConvRow r = { 1 + i % 2, channels[i % 8], h,         w, channels[i / 3 % 8], 3, 3, 1, pad,
                  1,         reflect,         i % 5 == 0 };
    return h % 2 == 0 && w % 2 == 0 && i % 4 < 2 ? conv2d_make_upsampled(r, 2)
                                                 : conv2d_make_explicit(r);
}

/* With an activation where maps are small: of many results one would be so near to 0 that rounding
 * decides its sign. */
static void winograd(OpTest *t) {
    static const int odd[][2] = { { 1, 70 },  { 70, 1 },  { 3, 129 }, { 61, 34 },
                                  { 24, 24 }, { 48, 48 }, { 65, 66 }, { 5, 260 } };
    int i = 0;
    for (int h = 1; h <= 20; h++)
        for (int w = 1 + h % 3; w <= 20; w += 3, i++) activate(t, winograd_case(h, w, i), i);
    t->folds = P2C_FOLD_NORM | P2C_FOLD_UPSAMPLE;
    for (size_t k = 0; k < COUNT(odd); k++, i++) {
        ConvCase c = winograd_case(odd[k][0], odd[k][1], i);
        if (i % 2) conv2d_add_norm(&c, 0.5f);
        if (!conv2d_too_long(&c.c)) conv2d_check(t, &c);
    }
}

static void activated(OpTest *t) {
    *t = (OpTest){ .op = P2C_OP_conv2d,
                   .build = conv2d_build_fused,
                   .reference = activated_reference,
                   .print = conv2d_print,
                   .gradient_of = fused_reference,
                   .activation_slope = activation_slope,
                   .cases = t->cases,
                   .worst_y = t->worst_y,
                   .worst_dx = t->worst_dx };
    for (int i = 0; i < conv2d_row_count; i += 3)
        activate(t, conv2d_make_explicit(conv2d_rows[i]), i / 3);
    for (int i = 0; i < (int)COUNT(upsampled_rows); i++)
        activate(t, conv2d_make_upsampled(upsampled_rows[i], 2), i);
    for (int w = 1; w <= 34; w += 3)
        activate(t,
                 conv2d_make_explicit((ConvRow){ 2, 3, 4, w, 1 + w % 10, 3, 3, 1, 1, 1, 0, w % 2 }),
                 w);
    winograd(t);
}

void conv2d_check_fused(OpTest *t) {
    normalised(t);
    upsampled(t);
    dilated(t);
    activated(t);
}

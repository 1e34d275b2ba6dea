/* conv2d.c: convolution against seven plain loops. The fused forms are in conv2d_fused.c, other
 * precisions in conv2d_precision.c. */
#include "conv2d.h"

void conv2d_print(FILE *out, const OpCase *c) {
    const P2cConvAttributes *o = c->options;
    fprintf(out, "stride %d, pad %d, groups %d, dilation %d, reflect %d", o->conv.stride,
            o->conv.pad, o->conv.groups, o->conv.dilation, o->conv.reflect);
    if (o->normalised) fprintf(out, ", of a norm with eps %g", o->norm.eps);
    if (o->upsample > 1) fprintf(out, ", upsample %d", o->upsample);
    if (o->activation.on) fprintf(out, ", activation with slope %g", o->activation.slope);
}

/* Where a padded index reads: inside [0, n), or -1 for a zero. */
static int source(int i, int n, bool reflect) {
    if (i >= 0 && i < n) return i;
    return !reflect ? -1 : i < 0 ? -i : 2 * (n - 1) - i;
}

void conv2d_reference(const OpCase *c, double *const x[], double *y) {
    P2cDims xd = op_dims(c->x[0]), wd = op_dims(c->x[1]), yd = op_dims(c->y);
    P2cConv2d o = ((const P2cConvAttributes *)c->options)->conv;
    int stride = o.stride ? o.stride : 1, groups = o.groups ? o.groups : 1, pad = o.pad,
        dilation = o.dilation ? o.dilation : 1;
    for (int n = 0; n < yd.d[0]; n++)
        for (int q = 0; q < yd.d[1]; q++)
            for (int i = 0; i < yd.d[2]; i++)
                for (int j = 0; j < yd.d[3]; j++) {
                    double sum = c->count == 3 ? x[2][q] : 0;
                    int first = q / (yd.d[1] / groups) * wd.d[1];
                    for (int k = 0; k < wd.d[1]; k++)
                        for (int u = 0; u < wd.d[2]; u++)
                            for (int v = 0; v < wd.d[3]; v++) {
                                int h = source(i * stride + u * dilation - pad, xd.d[2], o.reflect);
                                int w = source(j * stride + v * dilation - pad, xd.d[3], o.reflect);
                                if (h >= 0 && w >= 0)
                                    sum += x[1][op_at(wd, q, k, u, v)] *
                                           x[0][op_at(xd, n, first + k, h, w)];
                            }
                    y[op_at(yd, n, q, i, j)] = sum;
                }
}

P2cNode *conv2d_build(const OpCase *c, P2cNode *const x[]) {
    const P2cConvAttributes *o = c->options;
    P2cNode *node = p2c_conv2d(x[0], x[1], c->count == 3 ? x[2] : NULL, o->conv);
    if (node) P2C_ATTRIBUTES(node, P2cConvAttributes)->way = o->way;
    return node;
}

const OpCase *conv2d_complete(ConvCase *k) {
    k->c.options = &k->options;
    return &k->c;
}

/* Winograd's algorithm rounds more: results pass through products with numbers of up to 100 times
 * their size. */
static const float WINOGRAD = 6e-5f;

static bool may_be_winograd(const ConvCase *k) {
    const P2cConv2d *o = &k->options.conv;
    P2cDims w = op_dims(k->c.x[1]);
    return w.d[2] == 3 && w.d[3] == 3 && o->stride < 2 && o->dilation < 2 && o->groups < 2 &&
           !strcmp(test_device(), "cpu");
}

void conv2d_check(OpTest *t, ConvCase *k) {
    ConvCase other = *k;
    k->options.way = P2C_CONV_EXACT;
    op_check(t, conv2d_complete(k));
    other.options.way = P2C_CONV_WINOGRAD;
    other.c.tolerance = WINOGRAD;
    if (may_be_winograd(k)) op_check(t, conv2d_complete(&other));
}

ConvCase conv2d_make(ConvRow r) {
    int groups = r.groups ? r.groups : 1, stride = r.stride ? r.stride : 1;
    return (ConvCase){ .c = { .count = 2 + r.bias,
                              .x = { DIMS(r.n, r.cin, r.h, r.w),
                                     DIMS(r.cout, r.cin / groups, r.kh, r.kw), DIMS(r.cout) },
                              .y = DIMS(r.n, r.cout, (r.h + 2 * r.pad - r.kh) / stride + 1,
                                        (r.w + 2 * r.pad - r.kw) / stride + 1) },
                       .options.conv = { .stride = r.stride,
                                         .pad = r.pad,
                                         .groups = r.groups,
                                         .reflect = r.reflect } };
}

ConvCase conv2d_make_explicit(ConvRow r) {
    ConvCase c = conv2d_make(r);
    P2cConv2d *o = &c.options.conv;
    if (!o->stride) o->stride = 1;
    if (!o->groups) o->groups = 1;
    if (!o->dilation) o->dilation = 1;
    return c;
}

void conv2d_add_norm(ConvCase *c, float eps) {
    c->options.normalised = true;
    c->options.norm.eps = eps;
}

ConvCase conv2d_make_upsampled(ConvRow r, int factor) {
    ConvCase k = conv2d_make_explicit(r);
    int *small = k.c.x[0].d;
    k.options.upsample = factor;
    small[2] /= factor;
    small[3] /= factor;
    assert_int_equal(small[2] * factor, r.h);
    assert_int_equal(small[3] * factor, r.w);
    return k;
}

void conv2d_set_dilation(ConvCase *k, ConvRow r, int dilation) {
    int *y = k->c.y.d;
    k->options.conv.dilation = dilation;
    y[2] = (r.h + 2 * r.pad - (r.kh - 1) * dilation - 1) / r.stride + 1;
    y[3] = (r.w + 2 * r.pad - (r.kw - 1) * dilation - 1) / r.stride + 1;
}

bool conv2d_too_long(const OpCase *c) {
    P2cDims y = op_dims(c->y);
    return emulated_order &&
           op_size(c->x[1]) * (size_t)(y.d[0] * y.d[2] * y.d[3] + 63) / 64 * 64 > 10000000;
}

const ConvRow conv2d_rows[] = {
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
    /* so many weights that kernels use another algorithm, with all the options */
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

const int conv2d_row_count = COUNT(conv2d_rows);

static void widths(OpTest *t) {
    static const int k[] = { 1, 3, 4, 7 };
    for (int w = 1; w <= 40; w += emulated_order ? 3 : 1)
        for (size_t i = 0; i < COUNT(k); i++) {
            bool reflect = k[i] / 2 < w && w % 2;
            ConvCase c = conv2d_make(
                (ConvRow){ 1, 3, 4, w, 9, k[i], k[i], 1, k[i] / 2, 1, reflect && k[i] / 2 < 4, 1 });
            ConvCase depthwise =
                conv2d_make((ConvRow){ 2, 3, 5, w, 3, k[i], k[i], 1 + w % 2, k[i] / 2, 3, 0, 0 });
            conv2d_check(t, &c);
            conv2d_check(t, &depthwise);
        }
}

static void refusals(OpTest *t) {
    static const struct {
        P2cDims x, w;
        P2cConv2d conv;
        const char *text;
    } refused[] = {
        { DIMS(3, 5, 4), DIMS(1, 5, 1, 1), { 0 }, "(3,5,4)" },
        { DIMS(1, 5, 4, 4), DIMS(2, 5), { 0 }, "(2,5)" },
        { DIMS(1, 5, 4, 4), DIMS(2, 4, 3, 3), { 0 }, "(2,4,3,3)" },
        { DIMS(1, 5, 4, 4), DIMS(2, 5, 5, 3), { 0 }, "smaller than the 5 x 3 kernel" },
        { DIMS(1, 6, 4, 4), DIMS(4, 2, 3, 3), { .groups = 2 }, "with 2 groups" },
        { DIMS(1, 6, 4, 4), DIMS(3, 3, 3, 3), { .groups = 2 }, "(3,3,3,3)" },
        { DIMS(1, 6, 4, 4), DIMS(3, 6, 3, 3), { .stride = -1 }, "stride -1" },
        { DIMS(1, 6, 4, 4), DIMS(3, 6, 3, 3), { .pad = -1 }, "pad -1" },
        { DIMS(1, 6, 4, 4),
          DIMS(3, 6, 3, 3),
          { .pad = 2147483647 },
          "padding 2147483647 is too large" },
        { DIMS(1, 6, 4, 4), DIMS(3, 6, 3, 3), { .dilation = -1 }, "dilation -1" },
        { DIMS(1, 6, 4, 4), DIMS(3, 6, 3, 3), { .dilation = 2 }, "3 x 3 kernel with dilation 2" },
        { DIMS(1, 6, 4, 4), DIMS(3, 6, 3, 3), { .dilation = 2147483647 }, "dilation 2147483647" },
        { DIMS(1, 6, 4, 9),
          DIMS(3, 6, 3, 3),
          { .pad = 4, .reflect = true },
          "reflection padding 4" },
        { DIMS(1, 6, 9, 4), DIMS(3, 6, 3, 3), { .pad = 4, .reflect = true }, "(1,6,9,4)" },
    };
    for (size_t i = 0; i < COUNT(refused); i++)
        op_refused(t,
                   &(OpCase){ .count = 2,
                              .x = { refused[i].x, refused[i].w },
                              .options = &(P2cConvAttributes){ .conv = refused[i].conv } },
                   refused[i].text);
    op_refused(t,
               &(OpCase){ .count = 3,
                          .x = { DIMS(1, 5, 4, 4), DIMS(2, 5, 3, 3), DIMS(3) },
                          .options = &(P2cConvAttributes){ .upsample = 0 } },
               "bias has shape (3), expected (2)");
}

/* A convolution is built as its context says at that time. */
static void exact_setting(void) {
    P2cContext *ctx;
    P2cGraph *graph;
    assert_int_equal(p2c_context_new(&ctx, "cpu", 1), P2C_OK);
    assert_int_equal(p2c_graph_new(&graph, ctx), P2C_OK);
    P2cNode *x = p2c_input(graph, "x", P2C_DIMS(1, 8, 4, 4)),
            *w = p2c_input(graph, "w", P2C_DIMS(8, 8, 3, 3));
    for (int exact = 0; exact < 2; exact++) {
        p2c_context_set_exact_convolutions(ctx, exact);
        assert_int_equal(p2c_context_exact_convolutions(ctx), exact);
        P2cNode *y = p2c_conv2d(x, w, NULL, (P2cConv2d){ .pad = 1 });
        assert_int_equal(P2C_ATTRIBUTES(y, P2cConvAttributes)->way,
                         exact ? P2C_CONV_EXACT : P2C_CONV_FASTEST);
    }
    p2c_graph_free(&graph);
    p2c_context_free(&ctx);
}

void test_op_conv2d(void **state) {
    (void)state;
    exact_setting();
    OpTest t = { .op = P2C_OP_conv2d,
                 .build = conv2d_build,
                 .reference = conv2d_reference,
                 .print = conv2d_print };
    int left_out = 0;
    for (size_t i = 0; i < COUNT(conv2d_rows); i++) {
        ConvCase k = conv2d_make(conv2d_rows[i]);
        if (conv2d_too_long(&k.c)) left_out++;
        else conv2d_check(&t, &k);
    }
    if (left_out)
        print_message("%d of the largest cases are left out in the emulation\n", left_out);
    widths(&t);
    refusals(&t);
    conv2d_check_precisions(&t);
    conv2d_check_fused(&t);
    op_done(&t);
}

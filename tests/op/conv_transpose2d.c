/* conv_transpose2d.c: every element of x adds its multiple of the kernel to y, in seven plain
 * loops. */
#include "harness.h"

typedef struct Options {
    P2cConv2d conv;
    int output_padding;
} Options;

static void print(FILE *out, const OpCase *c) {
    const Options *o = c->options;
    fprintf(out, "stride %d, pad %d, groups %d, dilation %d, output_padding %d", o->conv.stride,
            o->conv.pad, o->conv.groups, o->conv.dilation, o->output_padding);
}

static void reference(const OpCase *c, double *const x[], double *y) {
    P2cDims xd = op_dims(c->x[0]), wd = op_dims(c->x[1]), yd = op_dims(c->y);
    P2cConv2d conv = ((const Options *)c->options)->conv;
    int stride = conv.stride ? conv.stride : 1, groups = conv.groups ? conv.groups : 1,
        dilation = conv.dilation ? conv.dilation : 1;
    for (int n = 0; n < yd.d[0]; n++)
        for (int o = 0; o < yd.d[1]; o++)
            for (int i = 0; i < yd.d[2] * yd.d[3]; i++)
                y[op_at(yd, n, o, 0, 0) + (size_t)i] = c->count == 3 ? x[2][o] : 0;
    for (int n = 0; n < xd.d[0]; n++)
        for (int q = 0; q < xd.d[1]; q++)
            for (int i = 0; i < xd.d[2]; i++)
                for (int j = 0; j < xd.d[3]; j++)
                    for (int o = 0; o < wd.d[1]; o++)
                        for (int u = 0; u < wd.d[2]; u++)
                            for (int v = 0; v < wd.d[3]; v++) {
                                int h = i * stride + u * dilation - conv.pad,
                                    w = j * stride + v * dilation - conv.pad;
                                if (h < 0 || h >= yd.d[2] || w < 0 || w >= yd.d[3]) continue;
                                y[op_at(yd, n, q / (xd.d[1] / groups) * wd.d[1] + o, h, w)] +=
                                    x[0][op_at(xd, n, q, i, j)] * x[1][op_at(wd, q, o, u, v)];
                            }
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    const Options *o = c->options;
    return p2c_conv_transpose2d(x[0], x[1], c->count == 3 ? x[2] : NULL, o->conv,
                                o->output_padding);
}

/* cout counts the channels of all groups. */
typedef struct Row {
    int n, cin, h, w, cout, kh, kw, stride, pad, groups, dilation, output_padding, bias;
} Row;

static int size_of(int size, int kernel, int stride, int pad, int dilation, int output_padding) {
    return (size - 1) * (stride ? stride : 1) - 2 * pad + (kernel - 1) * (dilation ? dilation : 1) +
           1 + output_padding;
}

/* Fills the options in. */
static OpCase make(Row r, Options *o) {
    int groups = r.groups ? r.groups : 1;
    *o = (Options){
        .conv = { .stride = r.stride, .pad = r.pad, .groups = r.groups, .dilation = r.dilation },
        .output_padding = r.output_padding
    };
    return (OpCase){
        .count = 2 + r.bias,
        .x = { DIMS(r.n, r.cin, r.h, r.w), DIMS(r.cin, r.cout / groups, r.kh, r.kw), DIMS(r.cout) },
        .y = DIMS(r.n, r.cout, size_of(r.h, r.kh, r.stride, r.pad, r.dilation, r.output_padding),
                  size_of(r.w, r.kw, r.stride, r.pad, r.dilation, r.output_padding)),
        .options = o
    };
}

static const Row rows[] = {
    /* n, cin, h, w;  cout, kh, kw;  stride, pad, groups, dilation, output_padding, bias */
    { 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0 },
    { 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 0, 1 },
    { 3, 5, 1, 1, 3, 4, 4, 1, 0, 1, 1, 0, 1 },
    { 2, 3, 4, 5, 6, 3, 3, 1, 1, 1, 1, 0, 1 },
    { 1, 2, 6, 7, 3, 4, 4, 2, 1, 1, 1, 0, 1 },
    { 2, 3, 5, 4, 2, 3, 3, 2, 1, 1, 1, 1, 0 },
    { 1, 4, 5, 6, 5, 2, 2, 2, 0, 1, 1, 0, 0 },
    { 1, 3, 3, 4, 2, 2, 2, 3, 0, 1, 1, 2, 1 },
    { 1, 3, 4, 3, 2, 1, 1, 3, 0, 1, 1, 1, 0 },
    { 1, 3, 7, 6, 4, 5, 2, 1, 1, 1, 1, 0, 0 },
    { 2, 2, 5, 6, 3, 3, 3, 1, 2, 1, 2, 0, 1 },
    { 1, 2, 5, 4, 3, 3, 3, 2, 2, 1, 2, 1, 1 },
    { 1, 3, 4, 5, 2, 3, 2, 2, 1, 1, 3, 0, 0 },
    { 1, 2, 4, 4, 3, 3, 3, 3, 4, 1, 2, 1, 0 },
    { 1, 2, 9, 8, 3, 3, 3, 1, 4, 1, 1, 0, 1 },
    { 1, 1, 3, 2, 2, 7, 7, 1, 3, 1, 1, 0, 1 },
    { 1, 2, 2, 3, 3, 3, 4, 5, 1, 1, 1, 4, 1 },
    /* groups, depthwise */
    { 2, 6, 5, 7, 4, 3, 3, 1, 1, 2, 1, 0, 1 },
    { 1, 6, 6, 5, 9, 4, 4, 2, 1, 3, 1, 1, 0 },
    { 3, 8, 7, 7, 8, 3, 3, 2, 1, 8, 1, 1, 1 },
    { 1, 5, 6, 4, 10, 2, 2, 2, 0, 5, 2, 0, 1 },
    /* many channels, and maps that are cut into strips */
    { 1, 70, 7, 8, 33, 4, 4, 2, 1, 1, 1, 0, 1 },
    { 2, 33, 9, 6, 70, 3, 3, 1, 1, 1, 1, 0, 0 },
    { 1, 130, 3, 4, 40, 4, 4, 2, 1, 1, 1, 0, 1 },
    { 1, 3, 40, 60, 2, 4, 4, 2, 1, 1, 1, 0, 1 },
    { 1, 2, 70, 65, 3, 3, 3, 1, 1, 1, 1, 0, 1 },
    { 1, 5, 20, 70, 80, 3, 3, 1, 1, 1, 1, 0, 0 },
    { 2, 8, 24, 20, 90, 3, 3, 2, 1, 2, 1, 1, 0 },
};

static void refusals(OpTest *t) {
    static const struct {
        P2cDims x, w;
        Options options;
        const char *text;
    } refused[] = {
        { DIMS(3, 5, 4), DIMS(5, 1, 1, 1), { { 0 }, 0 }, "(3,5,4)" },
        { DIMS(1, 5, 4, 4), DIMS(5, 2), { { 0 }, 0 }, "(5,2)" },
        { DIMS(1, 5, 4, 4), DIMS(4, 5, 3, 3), { { 0 }, 0 }, "(4,5,3,3)" },
        { DIMS(1, 5, 4, 4), DIMS(5, 2, 3, 3), { .conv.groups = 2 }, "with 2 groups" },
        { DIMS(1, 5, 4, 4), DIMS(5, 2, 3, 3), { .conv.stride = -1 }, "stride -1" },
        { DIMS(1, 5, 4, 4), DIMS(5, 2, 3, 3), { .conv.pad = -1 }, "pad -1" },
        { DIMS(1, 5, 4, 4), DIMS(5, 2, 3, 3), { .conv.dilation = -1 }, "dilation -1" },
        { DIMS(1, 5, 4, 4), DIMS(5, 2, 3, 3), { .conv.groups = -1 }, "groups -1" },
        { DIMS(1, 5, 4, 4),
          DIMS(5, 2, 3, 3),
          { .conv = { .pad = 1, .reflect = true } },
          "reflection" },
        { DIMS(1, 5, 4, 4), DIMS(5, 2, 3, 3), { { .stride = 2 }, 2 }, "output_padding 2" },
        { DIMS(1, 5, 4, 4), DIMS(5, 2, 3, 3), { { .stride = 2 }, -1 }, "output_padding -1" },
        { DIMS(1, 5, 2, 9),
          DIMS(5, 2, 3, 3),
          { .conv.pad = 2 },
          "padding 2 leaves nothing of input (1,5,2,9)" },
        { DIMS(1, 5, 9, 2),
          DIMS(5, 2, 3, 3),
          { .conv.pad = 2147483647 },
          "padding 2147483647 leaves nothing" },
        { DIMS(1, 5, 4, 4),
          DIMS(5, 2, 3, 3),
          { .conv.stride = 1 << 30 },
          "stride 1073741824, dilation 1 is too large" },
        { DIMS(1, 5, 1, 1),
          DIMS(5, 2, 3, 3),
          { .conv = { .stride = 2147483647, .pad = 1 } },
          "stride 2147483647" },
        { DIMS(1, 5, 4, 4),
          DIMS(5, 2, 3, 3),
          { .conv.dilation = 2147483647 },
          "dilation 2147483647 is too large" },
    };
    for (size_t i = 0; i < COUNT(refused); i++)
        op_refused(t,
                   &(OpCase){ .count = 2,
                              .x = { refused[i].x, refused[i].w },
                              .options = &refused[i].options },
                   refused[i].text);
    op_refused(t,
               &(OpCase){ .count = 3,
                          .x = { DIMS(1, 6, 4, 4), DIMS(6, 2, 3, 3), DIMS(2) },
                          .options = &(Options){ .conv.groups = 2 } },
               "bias has shape (2), expected (4)");
}

/* The largest cases are about strips, which only the CPU has. In the emulation they would take most
 * of the time. */
static bool too_long(const OpCase *c) {
    return emulated_order && op_size(c->x[0]) * op_size(c->x[1]) / (size_t)c->x[0].d[1] > 1500000;
}

void test_op_conv_transpose2d(void **state) {
    (void)state;
    OpTest t = {
        .op = P2C_OP_conv_transpose2d, .build = build, .reference = reference, .print = print
    };
    int left_out = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        Options o;
        OpCase c = make(rows[i], &o);
        if (too_long(&c)) left_out++;
        else op_check(&t, &c);
    }
    if (left_out)
        print_message("%d of the largest cases are left out in the emulation\n", left_out);
    for (int w = 2; w <= 40; w += emulated_order ? 3 : 1)
        for (int stride = 1; stride <= 3; stride++) {
            const Row r = { 1, 3, 3, w, 2, 3, 4, stride, w % 3, 1, 1 + w % 2, w % stride, 1 };
            Options o;
            op_check(&t, (OpCase[]){ make(r, &o) });
        }
    refusals(&t);
    op_done(&t);
}

/* resize_bilinear.c: two by two neighbours, both conventions for the corners. */
#include "harness.h"

static double source(int i, int in, int out, bool align_corners) {
    if (align_corners) return out > 1 ? (double)i * (in - 1) / (out - 1) : 0;
    return fmax((i + 0.5) * in / out - 0.5, 0);
}

static void reference(const OpCase *c, double *const x[], double *y) {
    P2cDims xd = op_dims(c->x[0]), d = op_dims(c->y);
    int h = xd.d[2], w = xd.d[3];
    for (int p = 0; p < d.d[0] * d.d[1]; p++)
        for (int i = 0; i < d.d[2]; i++)
            for (int j = 0; j < d.d[3]; j++) {
                double si = source(i, h, d.d[2], c->flag), sj = source(j, w, d.d[3], c->flag);
                int i0 = (int)si < h ? (int)si : h - 1, j0 = (int)sj < w ? (int)sj : w - 1;
                int i1 = i0 + 1 < h ? i0 + 1 : i0, j1 = j0 + 1 < w ? j0 + 1 : j0;
                double a = si - i0, b = sj - j0;
                const double *xp = x[0] + (size_t)p * h * w;
                y[((size_t)p * d.d[2] + i) * d.d[3] + j] = (1 - a) * ((1 - b) * xp[i0 * w + j0] + b * xp[i0 * w + j1]) +
                                                          a * ((1 - b) * xp[i1 * w + j0] + b * xp[i1 * w + j1]);
            }
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) { return p2c_resize_bilinear(x[0], c->height, c->width, c->flag); }

static OpCase make(int n, int c, int h, int w, int height, int width, bool align_corners) {
    return (OpCase){ .count = 1, .x = { DIMS(n, c, h, w) }, .y = DIMS(n, c, height, width), .height = height, .width = width, .flag = align_corners };
}

void test_op_resize_bilinear(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_resize_bilinear, .build = build, .reference = reference };
    static const int rows[][6] = { { 1, 1, 1, 1, 1, 1 }, { 1, 1, 1, 1, 3, 4 }, { 2, 3, 5, 7, 1, 1 }, { 3, 5, 4, 7, 8, 14 }, { 1, 3, 8, 6, 4, 3 }, { 2, 17, 5, 9, 7, 4 },
                                   { 1, 3, 6, 6, 6, 6 }, { 1, 3, 93, 92, 112, 112 }, { 1, 2, 16, 17, 128, 131 }, { 2, 3, 70, 65, 33, 31 }, { 1, 1, 2, 300, 5, 299 } };
    for (int align = 0; align < 2; align++) {
        for (size_t i = 0; i < COUNT(rows); i++)
            op_check(&t, (OpCase[]){ make(rows[i][0], rows[i][1], rows[i][2], rows[i][3], rows[i][4], rows[i][5], align) });
        for (int w = 1; w <= 40; w++) {
            op_check(&t, (OpCase[]){ make(1, 2, 3, w, 4, 17, align) });
            op_check(&t, (OpCase[]){ make(1, 2, 3, 13, 2, w, align) });
        }
    }
    op_refused(&t, (OpCase[]){ make(1, 3, 4, 4, 0, 2, true) }, "0 x 2");
    op_refused(&t, &(OpCase){ .count = 1, .x = { DIMS(3, 5) }, .height = 1, .width = 1 }, "(3,5)");
    op_done(&t);
}

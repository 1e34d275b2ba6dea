/* resize_bilinear.c: mixes 2 x 2 neighbours, in all three coordinate conventions. */
#include "harness.h"

typedef struct Options {
    int height, width;
    P2cCoordinates coordinates;
} Options;

static void print(FILE *out, const OpCase *c) {
    const Options *o = c->options;
    fprintf(out, "height %d, width %d, coordinates %d", o->height, o->width, (int)o->coordinates);
}

static double source(int i, int in, int out, P2cCoordinates coordinates) {
    double at = (i + 0.5) * in / out - 0.5;
    if (coordinates == P2C_ALIGN_CORNERS) at = out > 1 ? (double)i * (in - 1) / (out - 1) : 0;
    if (coordinates == P2C_ASYMMETRIC) at = (double)i * in / out;
    return fmin(fmax(at, 0), in - 1);
}

static void reference(const OpCase *c, double *const x[], double *y) {
    P2cDims xd = op_dims(c->x[0]), d = op_dims(c->y);
    int h = xd.d[2], w = xd.d[3];
    const Options *o = c->options;
    for (int p = 0; p < d.d[0] * d.d[1]; p++)
        for (int i = 0; i < d.d[2]; i++)
            for (int j = 0; j < d.d[3]; j++) {
                double si = source(i, h, d.d[2], o->coordinates),
                       sj = source(j, w, d.d[3], o->coordinates);
                int i0 = (int)si, j0 = (int)sj;
                int i1 = i0 + 1 < h ? i0 + 1 : i0, j1 = j0 + 1 < w ? j0 + 1 : j0;
                double a = si - i0, b = sj - j0;
                const double *xp = x[0] + (size_t)p * h * w;
                y[((size_t)p * d.d[2] + i) * d.d[3] + j] =
                    (1 - a) * ((1 - b) * xp[i0 * w + j0] + b * xp[i0 * w + j1]) +
                    a * ((1 - b) * xp[i1 * w + j0] + b * xp[i1 * w + j1]);
            }
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    const Options *o = c->options;
    return p2c_resize_bilinear(x[0], o->height, o->width, o->coordinates);
}

static OpCase make(int n, int c, int h, int w, const Options *o) {
    return (OpCase){
        .count = 1, .x = { DIMS(n, c, h, w) }, .y = DIMS(n, c, o->height, o->width), .options = o
    };
}

/* A row of 4 resized to 8 and to 1, computed by hand. */
static void known(OpTest *t) {
    static const float x[4] = { 0, 4, 8, 16 }, dy[8] = { 1, 1, 1, 1, 1, 1, 1, 1 };
    static const float longer[][8] = { { 0, 1, 3, 5, 7, 10, 14, 16 },
                                       { 0, 12 / 7.0f, 24 / 7.0f, 36 / 7.0f, 48 / 7.0f, 64 / 7.0f,
                                         88 / 7.0f, 16 },
                                       { 0, 2, 4, 6, 8, 12, 16, 16 } };
    static const float one[] = { 6, 0, 0 }; /* positions 1.5, 0, 0 */
    for (P2cCoordinates way = P2C_HALF_PIXEL; way <= P2C_ASYMMETRIC; way++) {
        op_exact(t, (OpCase[]){ make(1, 1, 1, 4, &(Options){ 1, 8, way }) },
                 &(OpExact){ { x }, dy, longer[way], { NULL } });
        op_exact(t, (OpCase[]){ make(1, 1, 4, 1, &(Options){ 1, 1, way }) },
                 &(OpExact){ { x }, dy, &one[way], { NULL } });
    }
}

void test_op_resize_bilinear(void **state) {
    (void)state;
    OpTest t = {
        .op = P2C_OP_resize_bilinear, .build = build, .reference = reference, .print = print
    };
    static const int rows[][6] = { { 1, 1, 1, 1, 1, 1 },       { 1, 1, 1, 1, 3, 4 },
                                   { 2, 3, 5, 7, 1, 1 },       { 3, 5, 4, 7, 8, 14 },
                                   { 1, 3, 8, 6, 4, 3 },       { 2, 17, 5, 9, 7, 4 },
                                   { 1, 3, 6, 6, 6, 6 },       { 1, 3, 93, 92, 112, 112 },
                                   { 1, 2, 16, 17, 128, 131 }, { 2, 3, 70, 65, 33, 31 },
                                   { 1, 1, 2, 300, 5, 299 } };
    for (P2cCoordinates way = P2C_HALF_PIXEL; way <= P2C_ASYMMETRIC; way++) {
        for (size_t i = 0; i < COUNT(rows); i++)
            op_check(&t, (OpCase[]){ make(rows[i][0], rows[i][1], rows[i][2], rows[i][3],
                                          &(Options){ rows[i][4], rows[i][5], way }) });
        for (int w = 1; w <= 40; w++) {
            op_check(&t, (OpCase[]){ make(1, 2, 3, w, &(Options){ 4, 17, way }) });
            op_check(&t, (OpCase[]){ make(1, 2, 3, 13, &(Options){ 2, w, way }) });
        }
    }
    known(&t);
    op_refused(&t, (OpCase[]){ make(1, 3, 4, 4, &(Options){ 0, 2, P2C_ALIGN_CORNERS }) }, "0 x 2");
    op_refused(
        &t,
        &(OpCase){ .count = 1, .x = { DIMS(3, 5) }, .options = &(Options){ 1, 1, P2C_HALF_PIXEL } },
        "(3,5)");
    op_done(&t);
}

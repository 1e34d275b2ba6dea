/* resize_nearest.c: one source pixel for each result, in all coordinate conventions and
 * roundings. */
#include "harness.h"

typedef struct Options {
    int height, width;
    P2cCoordinates coordinates;
    P2cRounding rounding;
} Options;

static void print(FILE *out, const OpCase *c) {
    const Options *o = c->options;
    fprintf(out, "height %d, width %d, coordinates %d, rounding %d", o->height, o->width,
            (int)o->coordinates, (int)o->rounding);
}

/* Exact at ties: their coordinates are halves, which doubles hold exactly. */
static int source(int i, int in, int out, const Options *o) {
    double at = (i + 0.5) * in / out - 0.5;
    if (o->coordinates == P2C_ALIGN_CORNERS) at = out > 1 ? (double)i * (in - 1) / (out - 1) : 0;
    if (o->coordinates == P2C_ASYMMETRIC) at = (double)i * in / out;
    switch (o->rounding) {
    case P2C_ROUND_DOWN: at = floor(at); break;
    case P2C_ROUND_UP: at = ceil(at); break;
    case P2C_ROUND_HALF_DOWN: at = ceil(at - 0.5); break;
    case P2C_ROUND_HALF_UP: at = floor(at + 0.5); break;
    }
    return (int)fmin(fmax(at, 0), in - 1);
}

static void reference(const OpCase *c, double *const x[], double *y) {
    P2cDims xd = op_dims(c->x[0]), d = op_dims(c->y);
    for (int n = 0; n < d.d[0]; n++)
        for (int q = 0; q < d.d[1]; q++)
            for (int i = 0; i < d.d[2]; i++)
                for (int j = 0; j < d.d[3]; j++)
                    y[op_at(d, n, q, i, j)] =
                        x[0][op_at(xd, n, q, source(i, xd.d[2], d.d[2], c->options),
                                   source(j, xd.d[3], d.d[3], c->options))];
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    const Options *o = c->options;
    return p2c_resize_nearest(x[0], o->height, o->width, o->coordinates, o->rounding);
}

static OpCase make(int n, int c, int h, int w, const Options *o) {
    return (OpCase){
        .count = 1, .x = { DIMS(n, c, h, w) }, .y = DIMS(n, c, o->height, o->width), .options = o
    };
}

/* A row of 4, resized to several lengths by hand. Each value is its own index. y has one row for
 * each rounding: down, up, half down, half up. */
static void known(OpTest *t) {
    static const float x[4] = { 0, 1, 2, 3 }, dy[8] = { 1, 1, 1, 1, 1, 1, 1, 1 };
    static const struct {
        P2cCoordinates way;
        int width;
        float y[4][8];
    } rows[] = {
        /* 0.5, 2.5 */
        { P2C_HALF_PIXEL, 2, { { 0, 2 }, { 1, 3 }, { 0, 2 }, { 1, 3 } } },
        { P2C_HALF_PIXEL,
          8,
          { { 0, 0, 0, 1, 1, 2, 2, 3 },
            { 0, 1, 1, 2, 2, 3, 3, 3 },
            { 0, 0, 1, 1, 2, 2, 3, 3 },
            { 0, 0, 1, 1, 2, 2, 3, 3 } } },
        /* 0, 1.5, 3 */
        { P2C_ALIGN_CORNERS, 3, { { 0, 1, 3 }, { 0, 2, 3 }, { 0, 1, 3 }, { 0, 2, 3 } } },
        { P2C_ALIGN_CORNERS, 1, { { 0 }, { 0 }, { 0 }, { 0 } } },
        { P2C_ASYMMETRIC,
          8,
          { { 0, 0, 1, 1, 2, 2, 3, 3 },
            { 0, 1, 1, 2, 2, 3, 3, 3 },
            { 0, 0, 1, 1, 2, 2, 3, 3 },
            { 0, 1, 1, 2, 2, 3, 3, 3 } } },
        /* 0, 1.33, 2.67 */
        { P2C_ASYMMETRIC, 3, { { 0, 1, 2 }, { 0, 2, 3 }, { 0, 1, 3 }, { 0, 1, 3 } } },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        for (P2cRounding r = P2C_ROUND_DOWN; r <= P2C_ROUND_HALF_UP; r++) {
            op_exact(t,
                     (OpCase[]){ make(1, 1, 1, 4, &(Options){ 1, rows[i].width, rows[i].way, r }) },
                     &(OpExact){ { x }, dy, rows[i].y[r], { NULL } });
            op_exact(t,
                     (OpCase[]){ make(1, 1, 4, 1, &(Options){ rows[i].width, 1, rows[i].way, r }) },
                     &(OpExact){ { x }, dy, rows[i].y[r], { NULL } });
        }
}

void test_op_resize_nearest(void **state) {
    (void)state;
    OpTest t = {
        .op = P2C_OP_resize_nearest, .build = build, .reference = reference, .print = print
    };
    static const int rows[][6] = { { 1, 1, 1, 1, 1, 1 },     { 1, 1, 1, 1, 3, 4 },
                                   { 2, 3, 5, 7, 1, 1 },     { 3, 5, 4, 7, 8, 14 },
                                   { 1, 3, 8, 6, 4, 3 },     { 2, 17, 5, 9, 7, 4 },
                                   { 1, 3, 6, 6, 6, 6 },     { 1, 3, 45, 46, 56, 57 },
                                   { 2, 3, 70, 65, 33, 31 }, { 1, 1, 2, 300, 5, 299 } };
    for (P2cCoordinates way = P2C_HALF_PIXEL; way <= P2C_ASYMMETRIC; way++)
        for (P2cRounding r = P2C_ROUND_DOWN; r <= P2C_ROUND_HALF_UP; r++) {
            for (size_t i = 0; i < COUNT(rows); i++)
                op_check(&t, (OpCase[]){ make(rows[i][0], rows[i][1], rows[i][2], rows[i][3],
                                              &(Options){ rows[i][4], rows[i][5], way, r }) });
            for (int w = 1; w <= 24; w++) {
                op_check(&t, (OpCase[]){ make(1, 2, 3, w, &(Options){ 4, 12, way, r }) });
                op_check(&t, (OpCase[]){ make(1, 2, 3, 10, &(Options){ 2, w, way, r }) });
            }
        }
    known(&t);
    op_refused(&t,
               (OpCase[]){ make(1, 3, 4, 4, &(Options){ 3, 0, P2C_ASYMMETRIC, P2C_ROUND_DOWN }) },
               "3 x 0");
    op_refused(&t,
               &(OpCase){ .count = 1,
                          .x = { DIMS(3, 5) },
                          .options = &(Options){ 1, 1, P2C_HALF_PIXEL, P2C_ROUND_DOWN } },
               "(3,5)");
    op_done(&t);
}

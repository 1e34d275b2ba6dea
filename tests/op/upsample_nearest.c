/* upsample_nearest.c: every pixel becomes a square of equal pixels. */
#include "harness.h"

typedef struct Options {
    int factor;
} Options;

static void print(FILE *out, const OpCase *c) {
    const Options *o = c->options;
    fprintf(out, "factor %d", o->factor);
}

static void reference(const OpCase *c, double *const x[], double *y) {
    P2cDims xd = op_dims(c->x[0]), d = op_dims(c->y);
    int f = ((const Options *)c->options)->factor;
    for (int n = 0; n < d.d[0]; n++)
        for (int k = 0; k < d.d[1]; k++)
            for (int i = 0; i < d.d[2]; i++)
                for (int j = 0; j < d.d[3]; j++)
                    y[op_at(d, n, k, i, j)] = x[0][op_at(xd, n, k, i / f, j / f)];
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    const Options *o = c->options;
    return p2c_upsample_nearest(x[0], o->factor);
}

static OpCase make(int n, int c, int h, int w, const Options *o) {
    return (OpCase){ .count = 1,
                     .x = { DIMS(n, c, h, w) },
                     .y = DIMS(n, c, h * o->factor, w * o->factor),
                     .options = o };
}

void test_op_upsample_nearest(void **state) {
    (void)state;
    OpTest t = {
        .op = P2C_OP_upsample_nearest, .build = build, .reference = reference, .print = print
    };
    static const int rows[][5] = { { 1, 1, 1, 1, 1 },   { 1, 1, 1, 1, 2 },    { 3, 5, 4, 7, 2 },
                                   { 2, 17, 3, 5, 3 },  { 1, 3, 2, 3, 7 },    { 2, 8, 33, 31, 1 },
                                   { 1, 8, 64, 65, 2 }, { 1, 33, 20, 21, 4 }, { 1, 1, 2, 1, 64 } };
    for (size_t i = 0; i < COUNT(rows); i++)
        op_check(&t, (OpCase[]){ make(rows[i][0], rows[i][1], rows[i][2], rows[i][3],
                                      &(Options){ rows[i][4] }) });
    for (int w = 1; w <= 40; w++) op_check(&t, (OpCase[]){ make(1, 3, 3, w, &(Options){ 2 }) });
    op_refused(&t, (OpCase[]){ make(1, 3, 3, 3, &(Options){ 0 }) }, "and 0");
    op_refused(&t, (OpCase[]){ make(1, 3, 3, 3, &(Options){ -2 }) }, "and -2");
    op_refused(&t, &(OpCase){ .count = 1, .x = { DIMS(3, 5) }, .options = &(Options){ 2 } },
               "(3,5)");
    op_refused(
        &t, &(OpCase){ .count = 1, .x = { DIMS(1, 1, 1 << 28, 1) }, .options = &(Options){ 64 } },
        "times 64 has 2^31");
    op_done(&t);
}

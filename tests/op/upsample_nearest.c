/* upsample_nearest.c: every pixel becomes a square. */
#include "harness.h"

static void reference(const OpCase *c, double *const x[], double *y) {
    P2cDims xd = op_dims(c->x[0]), d = op_dims(c->y);
    for (int n = 0; n < d.d[0]; n++)
        for (int k = 0; k < d.d[1]; k++)
            for (int i = 0; i < d.d[2]; i++)
                for (int j = 0; j < d.d[3]; j++)
                    y[op_at(d, n, k, i, j)] = x[0][op_at(xd, n, k, i / c->factor, j / c->factor)];
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    return p2c_upsample_nearest(x[0], c->factor);
}

static OpCase make(int n, int c, int h, int w, int f) {
    return (OpCase){
        .count = 1, .x = { DIMS(n, c, h, w) }, .y = DIMS(n, c, h * f, w * f), .factor = f
    };
}

void test_op_upsample_nearest(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_upsample_nearest, .build = build, .reference = reference };
    static const int rows[][5] = { { 1, 1, 1, 1, 1 },   { 1, 1, 1, 1, 2 },    { 3, 5, 4, 7, 2 },
                                   { 2, 17, 3, 5, 3 },  { 1, 3, 2, 3, 7 },    { 2, 8, 33, 31, 1 },
                                   { 1, 8, 64, 65, 2 }, { 1, 33, 20, 21, 4 }, { 1, 1, 2, 1, 64 } };
    for (size_t i = 0; i < COUNT(rows); i++)
        op_check(&t,
                 (OpCase[]){ make(rows[i][0], rows[i][1], rows[i][2], rows[i][3], rows[i][4]) });
    for (int w = 1; w <= 40; w++) op_check(&t, (OpCase[]){ make(1, 3, 3, w, 2) });
    op_refused(&t, (OpCase[]){ make(1, 3, 3, 3, 0) }, "and 0");
    op_refused(&t, (OpCase[]){ make(1, 3, 3, 3, -2) }, "and -2");
    op_refused(&t, &(OpCase){ .count = 1, .x = { DIMS(3, 5) }, .factor = 2 }, "(3,5)");
    op_refused(&t, &(OpCase){ .count = 1, .x = { DIMS(1, 1, 1 << 28, 1) }, .factor = 64 },
               "times 64 has 2^31");
    op_done(&t);
}

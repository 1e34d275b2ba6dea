/* avg_pool2d.c: means of windows; rows and columns that fill no window are dropped. */
#include "harness.h"

typedef struct Options {
    int size;
} Options;

static void print(FILE *out, const OpCase *c) {
    const Options *o = c->options;
    fprintf(out, "size %d", o->size);
}

static void reference(const OpCase *c, double *const x[], double *y) {
    P2cDims xd = op_dims(c->x[0]), d = op_dims(c->y);
    int k = ((const Options *)c->options)->size;
    memset(y, 0, op_size(d) * sizeof *y);
    for (int n = 0; n < xd.d[0]; n++)
        for (int q = 0; q < xd.d[1]; q++)
            for (int i = 0; i < xd.d[2] / k * k; i++)
                for (int j = 0; j < xd.d[3] / k * k; j++)
                    y[op_at(d, n, q, i / k, j / k)] += x[0][op_at(xd, n, q, i, j)] / (k * k);
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    const Options *o = c->options;
    return p2c_avg_pool2d(x[0], o->size);
}

static OpCase make(int n, int c, int h, int w, const Options *o) {
    return (OpCase){ .count = 1,
                     .x = { DIMS(n, c, h, w) },
                     .y = DIMS(n, c, h / o->size, w / o->size),
                     .options = o };
}

void test_op_avg_pool2d(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_avg_pool2d, .build = build, .reference = reference, .print = print };
    static const int rows[][5] = { { 1, 1, 1, 1, 1 },     { 1, 1, 2, 2, 2 },   { 3, 5, 5, 7, 2 },
                                   { 2, 17, 9, 8, 3 },    { 1, 3, 7, 15, 7 },  { 2, 8, 33, 31, 1 },
                                   { 1, 8, 128, 131, 2 }, { 1, 33, 40, 41, 4 } };
    for (size_t i = 0; i < COUNT(rows); i++)
        op_check(&t, (OpCase[]){ make(rows[i][0], rows[i][1], rows[i][2], rows[i][3],
                                      &(Options){ rows[i][4] }) });
    for (int w = 2; w <= 80; w++) op_check(&t, (OpCase[]){ make(1, 3, 3, w, &(Options){ 2 }) });
    op_refused(&t, &(OpCase){ .count = 1, .x = { DIMS(1, 3, 4, 2) }, .options = &(Options){ 3 } },
               "3 x 3, got (1,3,4,2)");
    op_refused(&t, &(OpCase){ .count = 1, .x = { DIMS(1, 3, 4, 2) }, .options = &(Options){ 0 } },
               "0 x 0");
    op_refused(&t, &(OpCase){ .count = 1, .x = { DIMS(3, 5) }, .options = &(Options){ 1 } },
               "(3,5)");
    op_done(&t);
}

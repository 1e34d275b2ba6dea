/* linear.c: y = x w^T + b, against three loops. */
#include "harness.h"

static void reference(const OpCase *c, double *const x[], double *y) {
    int n = c->x[0].d[0], in = c->x[0].d[1], out = c->x[1].d[0];
    for (int i = 0; i < n; i++)
        for (int o = 0; o < out; o++) {
            double sum = c->count == 3 ? x[2][o] : 0;
            for (int k = 0; k < in; k++) sum += x[0][i * in + k] * x[1][o * in + k];
            y[i * out + o] = sum;
        }
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) { return p2c_linear(x[0], x[1], c->count == 3 ? x[2] : NULL); }

static OpCase make(int n, int in, int out, bool bias) {
    return (OpCase){ .count = 2 + bias, .x = { DIMS(n, in), DIMS(out, in), DIMS(out) }, .y = DIMS(n, out) };
}

void test_op_linear(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_linear, .build = build, .reference = reference };
    static const int rows[][3] = { { 1, 1, 1 }, { 1, 8, 1 }, { 3, 5, 17 }, { 1, 33, 70 }, { 3, 70, 33 }, { 17, 3, 5 }, { 70, 33, 8 },
                                   { 1, 512, 257 }, { 3, 1000, 130 }, { 130, 257, 128 }, { 1, 16384, 16 }, { 2, 9, 5000 } };
    for (size_t i = 0; i < COUNT(rows); i++)
        for (int bias = 0; bias < 2; bias++) op_check(&t, (OpCase[]){ make(rows[i][0], rows[i][1], rows[i][2], bias) });
    for (int width = 1; width <= 40; width++) {
        op_check(&t, (OpCase[]){ make(3, width, 4, true) });
        op_check(&t, (OpCase[]){ make(2, 5, width, true) });
    }
    op_refused(&t, &(OpCase){ .count = 2, .x = { DIMS(3, 5), DIMS(4, 6) } }, "(4,6)");
    op_refused(&t, &(OpCase){ .count = 3, .x = { DIMS(3, 5), DIMS(4, 5), DIMS(5) } }, "(5)");
    op_refused(&t, &(OpCase){ .count = 2, .x = { DIMS(3, 5, 2, 2), DIMS(4, 5) } }, "(3,5,2,2)");
    op_done(&t);
}

/* batch_norm.c: evaluation mode, with given mean and variance. */
#include "harness.h"

typedef struct Options {
    float eps;
} Options;

static void print(FILE *out, const OpCase *c) {
    const Options *o = c->options;
    fprintf(out, "eps %g", o->eps);
}

static void reference(const OpCase *c, double *const x[], double *y) {
    P2cDims d = op_dims(c->x[0]);
    size_t area = (size_t)d.d[2] * d.d[3];
    const Options *o = c->options;
    for (size_t i = 0; i < op_size(c->x[0]); i++) {
        size_t k = i / area % (size_t)d.d[1];
        y[i] = (x[0][i] - x[3][k]) / sqrt(x[4][k] + o->eps) * x[1][k] + x[2][k];
    }
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    const Options *o = c->options;
    return p2c_batch_norm(x[0], x[1], x[2], x[3], x[4], o->eps);
}

static void positive(const OpCase *c, float *const x[]) {
    for (size_t i = 0; i < op_size(c->x[4]); i++) x[4][i] = 0.05f + fabsf(x[4][i]);
}

static OpCase make(int n, int c, int h, int w, const Options *o) {
    float sum = 0.3f * sqrtf((float)(n * h * w)); /* about the sum of that many random terms */
    return (OpCase){ .count = 5,
                     .terms = { 0, sum, sum },
                     .x = { DIMS(n, c, h, w), DIMS(c), DIMS(c), DIMS(c), DIMS(c) },
                     .y = DIMS(n, c, h, w),
                     .options = o,
                     .prepare = positive };
}

void test_op_batch_norm(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_batch_norm,
                 .build = build,
                 .reference = reference,
                 .print = print,
                 .frozen = 1 << 3 | 1 << 4 };
    static const int rows[][4] = { { 1, 1, 1, 1 },   { 3, 5, 1, 1 },     { 1, 3, 5, 4 },
                                   { 3, 17, 4, 7 },  { 1, 33, 8, 8 },    { 2, 70, 3, 3 },
                                   { 1, 2, 64, 65 }, { 1, 1, 257, 129 }, { 3, 8, 33, 31 } };
    static const Options small = { 1e-5f }, large = { 0.5f };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const int *r = rows[i];
        op_check(&t, (OpCase[]){ make(r[0], r[1], r[2], r[3], &small) });
        op_check(&t, (OpCase[]){ make(r[0], r[1], r[2], r[3], &large) });
    }
    for (int w = 1; w <= 40; w++) op_check(&t, (OpCase[]){ make(2, 3, 2, w, &(Options){ 1e-3f }) });
    OpCase rows_only = { .count = 5,
                         .x = { DIMS(3, 5), DIMS(5), DIMS(5), DIMS(5), DIMS(5) },
                         .y = DIMS(3, 5),
                         .options = &small,
                         .prepare = positive };
    op_check(&t, &rows_only);
    OpCase wrong = make(1, 3, 4, 4, &small);
    wrong.x[3] = (P2cDims)DIMS(4);
    op_refused(&t, &wrong, "(4)");
    op_done(&t);
}

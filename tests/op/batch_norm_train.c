/* batch_norm_train.c: statistics of the batch, and running ones that move on. */
#include "harness.h"

typedef struct Options {
    float momentum, eps;
} Options;

static void print(FILE *out, const OpCase *c) {
    const Options *o = c->options;
    fprintf(out, "momentum %g, eps %g", o->momentum, o->eps);
}

static double mean_of(P2cDims d, const double *x, int c, double about, int power) {
    double sum = 0;
    for (int n = 0; n < d.d[0]; n++)
        for (int h = 0; h < d.d[2]; h++)
            for (int w = 0; w < d.d[3]; w++) sum += pow(x[op_at(d, n, c, h, w)] - about, power);
    return sum / ((double)d.d[0] * d.d[2] * d.d[3]);
}

static void result(const OpCase *k, double *const x[], double *y) {
    P2cDims d = op_dims(k->x[0]);
    const Options *o = k->options;
    for (int c = 0; c < d.d[1]; c++) {
        double mean = mean_of(d, x[0], c, 0, 1), var = mean_of(d, x[0], c, mean, 2);
        for (int n = 0; n < d.d[0]; n++)
            for (int h = 0; h < d.d[2]; h++)
                for (int w = 0; w < d.d[3]; w++) {
                    size_t i = op_at(d, n, c, h, w);
                    y[i] = (x[0][i] - mean) / sqrt(var + o->eps) * x[1][c] + x[2][c];
                }
    }
}

/* The unbiased variance: the sum of squares divided by one less. */
static void reference(const OpCase *k, double *const x[], double *y) {
    P2cDims d = op_dims(k->x[0]);
    double n = (double)d.d[0] * d.d[2] * d.d[3], momentum = ((const Options *)k->options)->momentum;
    result(k, x, y);
    for (int c = 0; c < d.d[1]; c++) {
        double mean = mean_of(d, x[0], c, 0, 1);
        x[4][c] = (1 - momentum) * x[4][c] + momentum * mean_of(d, x[0], c, mean, 2) * n / (n - 1);
        x[3][c] = (1 - momentum) * x[3][c] + momentum * mean;
    }
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    const Options *o = c->options;
    return p2c_batch_norm_train(x[0], x[1], x[2], x[3], x[4], o->momentum, o->eps);
}

static OpCase make(P2cDims d, const Options *o) {
    P2cDims full = op_dims(d), channels = { 1, { full.d[1] } };
    /* about the sum of that many random terms */
    float sum = 0.3f * sqrtf((float)(full.d[0] * full.d[2] * full.d[3]));
    return (OpCase){ .count = 5,
                     .terms = { 1, sum, sum },
                     .x = { d, channels, channels, channels, channels },
                     .y = d,
                     .options = o };
}

/* All values equal, far from 0: the variance is 0 and the result the bias. */
static void check_constant(OpTest *t) {
    OpCase c = make((P2cDims)DIMS(2, 1, 1, 2), &(Options){ 0.25f, 1e-5f });
    OpRun run;
    op_run_init(&run, t, &c);
    for (int i = 0; i < 4; i++) run.call.x[0][i] = 1000;
    for (int i = 1; i < 5; i++) *run.call.x[i] = (float)i;
    op_run_forward(&run, 1);
    for (int i = 0; i < 4; i++) assert_true(run.call.y[i] == 2);
    assert_true(fabsf(*run.call.x[3] - (3 + 0.25f * 997)) <= 1e-4f);
    assert_true(fabsf(*run.call.x[4] - 0.75f * 4) <= 1e-6f);
    op_run_clear(&run);
}

void test_op_batch_norm_train(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_batch_norm_train,
                 .build = build,
                 .reference = reference,
                 .print = print,
                 .gradient_of = result,
                 .frozen = 1 << 3 | 1 << 4 };
    static const P2cDims rows[] = { DIMS(2, 1),         DIMS(3, 5),         DIMS(64, 33),
                                    DIMS(1, 3, 5, 4),   DIMS(3, 17, 4, 7),  DIMS(1, 33, 8, 8),
                                    DIMS(2, 70, 3, 3),  DIMS(1, 2, 64, 65), DIMS(1, 1, 257, 129),
                                    DIMS(3, 8, 33, 31), DIMS(9, 2, 1, 1) };
    static const Options small = { 0.3f, 1e-5f }, large = { 0.1f, 0.5f };
    for (size_t i = 0; i < COUNT(rows); i++) {
        op_check(&t, (OpCase[]){ make(rows[i], &small) });
        op_check(&t, (OpCase[]){ make(rows[i], &large) });
    }
    for (int w = 1; w <= 40; w++)
        op_check(&t, (OpCase[]){ make((P2cDims)DIMS(2, 3, 2, w), &(Options){ 1, 1e-3f }) });
    check_constant(&t);
    OpCase wrong = make((P2cDims)DIMS(1, 3, 4, 4), &small);
    wrong.x[4] = (P2cDims)DIMS(4);
    op_refused(&t, &wrong, "var has shape (4), expected (3)");
    op_refused(&t, (OpCase[]){ make((P2cDims)DIMS(1, 3, 1, 1), &small) }, "one value");
    op_refused(&t, (OpCase[]){ make((P2cDims)DIMS(1, 3, 4), &small) }, "(1,3,4)");
    op_done(&t);
}

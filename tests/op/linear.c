/* linear.c: y = x w^T + b, against three loops. */
#include "op/linear.h"
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

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    return p2c_linear(x[0], x[1], c->count == 3 ? x[2] : NULL);
}

/* The form with a fused ReLU has the node's attributes for options. */
static void print(FILE *out, const OpCase *c) {
    const P2cLinearAttributes *o = c->options;
    fprintf(out, "activation with slope %g", o->activation.slope);
}

static double activation_slope(const OpCase *c, double y) {
    const P2cLinearAttributes *o = c->options;
    return y > 0 ? 1 : o->activation.slope;
}

static void activated_reference(const OpCase *c, double *const x[], double *y) {
    reference(c, x, y);
    for (size_t i = 0; i < op_size(c->y); i++) y[i] *= activation_slope(c, y[i]);
}

static P2cNode *build_activated(const OpCase *c, P2cNode *const x[]) {
    P2cNode *y = build(c, x);
    *P2C_ATTRIBUTES(y, P2cLinearAttributes) = *(const P2cLinearAttributes *)c->options;
    y->keeps_y = true;
    return y;
}

static OpCase make(int n, int in, int out, bool bias) {
    return (OpCase){ .count = 2 + bias,
                     .x = { DIMS(n, in), DIMS(out, in), DIMS(out) },
                     .y = DIMS(n, out) };
}

/* One tensor as two operands: both gradients are added to its one gradient. */
static void repeated(OpTest *t, const OpCase *c, int one, int other) {
    size_t n = op_size(c->x[one]);
    double *want = calloc(n, sizeof *want);
    OpRun run;
    op_run_init(&run, t, c);
    for (int level = 0; level < op_level_count(); level++, t->cases++) {
        uint64_t state = 3;
        op_run_level(&run, level);
        for (int i = 0; i < c->count; i++)
            for (size_t e = 0; e < op_size(c->x[i]); e++)
                run.call.x[i][e] = (float)op_uniform(&state), run.call.dx[i][e] = 0;
        for (size_t e = 0; e < op_size(c->y); e++)
            ((float *)run.call.dy)[e] = (float)op_uniform(&state);
        op_run_backward(&run, 1);
        for (size_t e = 0; e < n; e++)
            want[e] = run.call.dx[one][e] + (double)run.call.dx[other][e];
        for (size_t e = 0; e < n; e++) run.call.dx[one][e] = 0;
        float *apart = run.call.dx[other];
        run.call.dx[other] = run.call.dx[one];
        op_run_backward(&run, 2);
        op_run_compare(&run, OP_NAME("dx of an operand that is there twice"), c->x[one],
                       run.call.dx[one], want, 1e-5);
        run.call.dx[other] = apart;
    }
    op_run_clear(&run);
    free(want);
}

void test_op_linear(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_linear, .build = build, .reference = reference };
    static const int rows[][3] = { { 1, 1, 1 },       { 1, 8, 1 },      { 3, 5, 17 },
                                   { 1, 33, 70 },     { 3, 70, 33 },    { 17, 3, 5 },
                                   { 70, 33, 8 },     { 1, 512, 257 },  { 3, 1000, 130 },
                                   { 130, 257, 128 }, { 1, 16384, 16 }, { 2, 9, 5000 },
                                   { 2, 4101, 5 },    { 3, 4100, 9 },   { 5, 8196, 3 },
                                   { 17, 4104, 2 },   { 9, 600, 33 },   { 2, 131072, 1 } };
    for (size_t i = 0; i < COUNT(rows); i++)
        for (int bias = 0; bias < 2; bias++)
            op_check(&t, (OpCase[]){ make(rows[i][0], rows[i][1], rows[i][2], bias) });
    for (int width = 1; width <= 40; width++) {
        op_check(&t, (OpCase[]){ make(3, width, 4, true) });
        op_check(&t, (OpCase[]){ make(2, 5, width, true) });
    }
    OpTest fused = { .op = P2C_OP_linear,
                     .build = build_activated,
                     .reference = activated_reference,
                     .print = print,
                     .gradient_of = reference,
                     .activation_slope = activation_slope,
                     .folds = P2C_FOLD_ACTIVATION };
    for (size_t i = 0; i < COUNT(rows); i++) {
        OpCase c = make(rows[i][0], rows[i][1], rows[i][2], i % 2);
        c.options = &(P2cLinearAttributes){ { true, i / 2 % 2 ? 0.2f : 0 } };
        op_check(&fused, &c);
    }
    op_done(&fused);
    repeated(&t, (OpCase[]){ make(6, 40, 6, true) }, 0, 1);
    repeated(&t, (OpCase[]){ make(1, 70, 70, true) }, 0, 2);
    repeated(&t, (OpCase[]){ make(3, 1, 70, true) }, 1, 2);
    op_refused(&t, &(OpCase){ .count = 2, .x = { DIMS(3, 5), DIMS(4, 6) } }, "(4,6)");
    op_refused(&t, &(OpCase){ .count = 3, .x = { DIMS(3, 5), DIMS(4, 5), DIMS(5) } }, "(5)");
    op_refused(&t, &(OpCase){ .count = 2, .x = { DIMS(3, 5, 2, 2), DIMS(4, 5) } }, "(3,5,2,2)");
    op_done(&t);
}

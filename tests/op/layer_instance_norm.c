/* layer_instance_norm.c: LIN and AdaLIN: rho mixes the norm of each plane and that of each picture,
 * with unbiased variances. */
#include "harness.h"
#include "op/norm.h"

typedef struct Options {
    float eps;
    bool relu;
} Options;

static void print(FILE *out, const OpCase *c) {
    const Options *o = c->options;
    fprintf(out, "eps %g, relu %d", o->eps, o->relu);
}

typedef struct Statistics {
    double mean, var;
} Statistics;

static Statistics statistics(const double *x, int n) {
    Statistics m = { 0, 0 };
    for (int i = 0; i < n; i++) m.mean += x[i] / n;
    for (int i = 0; i < n; i++) m.var += (x[i] - m.mean) * (x[i] - m.mean) / (n - 1);
    return m;
}

/* Element (n, c) of a per-channel operand, (1,c,1,1) or (n,c). */
static double channel(const OpCase *c, double *const x[], int operand, int n, int k) {
    P2cDims d = op_dims(c->x[operand]);
    return x[operand][(d.d[0] == 1 ? 0 : n) * d.d[1] + k];
}

static void norm(const OpCase *c, double *const x[], double *y) {
    P2cDims d = op_dims(c->x[0]);
    int area = d.d[2] * d.d[3];
    const Options *o = c->options;
    for (int n = 0; n < d.d[0]; n++) {
        Statistics layer = statistics(x[0] + op_at(d, n, 0, 0, 0), d.d[1] * area);
        for (int k = 0; k < d.d[1]; k++) {
            const double *xp = x[0] + op_at(d, n, k, 0, 0);
            Statistics plane = statistics(xp, area);
            double rho = channel(c, x, 1, n, k), gamma = channel(c, x, 2, n, k),
                   beta = channel(c, x, 3, n, k);
            for (int i = 0; i < area; i++) {
                double a = (xp[i] - plane.mean) / sqrt(plane.var + o->eps),
                       b = (xp[i] - layer.mean) / sqrt(layer.var + o->eps);
                y[op_at(d, n, k, 0, 0) + i] = (rho * a + (1 - rho) * b) * gamma + beta;
            }
        }
    }
}

static void reference(const OpCase *c, double *const x[], double *y) {
    const Options *o = c->options;
    norm(c, x, y);
    for (size_t i = 0; o->relu && i < op_size(c->y); i++) y[i] = fmax(y[i], 0);
}

static double relu_slope(const OpCase *c, double y) {
    const Options *o = c->options;
    return o->relu && y <= 0 ? 0 : 1;
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    const Options *o = c->options;
    P2cNode *y = p2c_layer_instance_norm(x[0], x[1], x[2], x[3], o->eps);
    if (y) P2C_ATTRIBUTES(y, P2cNormAttributes)->relu = o->relu;
    return y;
}

/* planes of different means, so that the two norms differ */
static void rho_in_range(const OpCase *c, float *const x[]) {
    P2cDims d = op_dims(c->x[0]);
    for (size_t i = 0; i < op_size(c->x[1]); i++) x[1][i] = 0.5f + 0.5f * x[1][i];
    for (size_t i = 0; i < op_size(c->x[0]); i++)
        x[0][i] += 0.5f * (float)(i / (size_t)(d.d[2] * d.d[3]) % (size_t)d.d[1]) / (float)d.d[1];
}

static OpCase make(int n, int c, int h, int w, int form, const Options *o) {
    float sum = 0.3f * sqrtf((float)(h * w)); /* about the sum of that many random terms */
    OpCase k = { .count = 4,
                 .x = { DIMS(n, c, h, w), DIMS(1, c, 1, 1), DIMS(1, c, 1, 1), DIMS(1, c, 1, 1) },
                 .y = DIMS(n, c, h, w),
                 .options = o,
                 .prepare = rho_in_range,
                 /* any two values become -1 and 1: the gradient of x is nearly 0 */
                 .terms = { h * w == 2, sum, sum, sum } };
    for (int i = 1; i <= 3; i++)
        if (form >> (i - 1) & 1) k.x[i] = (P2cDims)DIMS(n, c);
    return k;
}

void test_op_layer_instance_norm(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_layer_instance_norm,
                 .build = build,
                 .reference = reference,
                 .print = print,
                 .gradient_of = norm,
                 .activation_slope = relu_slope };
    static const int rows[][4] = { { 1, 1, 1, 2 },   { 1, 3, 5, 4 },     { 3, 5, 4, 7 },
                                   { 2, 17, 8, 8 },  { 1, 33, 5, 6 },    { 2, 70, 3, 3 },
                                   { 1, 8, 64, 65 }, { 1, 1, 150, 129 }, { 3, 8, 33, 31 } };
    /* which of rho, gamma, beta are (n,c): LIN, AdaLIN, all */
    static const int forms[] = { 0, 6, 7 };
    static const Options small[] = { { 1e-5f, false }, { 1e-5f, true } },
                         large[] = { { 0.3f, false }, { 0.3f, true } };
    for (int relu = 0; relu < 2; relu++) {
        for (size_t i = 0; i < COUNT(rows); i++)
            for (size_t f = 0; f < COUNT(forms); f++) {
                const int *r = rows[i];
                op_check(&t, (OpCase[]){ make(r[0], r[1], r[2], r[3], forms[f],
                                              f ? &small[relu] : &large[relu]) });
            }
        for (int w = 2; w <= 40; w++)
            op_check(&t, (OpCase[]){ make(2, 3, 1 + w % 3, w, 6, &small[relu]) });
    }
    /* one value has no unbiased variance */
    op_refused(&t, (OpCase[]){ make(2, 3, 1, 1, 0, &small[0]) }, "(2,3,1,1)");
    OpCase wrong = make(2, 3, 4, 4, 0, &small[0]);
    wrong.x[2] = (P2cDims)DIMS(1, 4, 1, 1);
    op_refused(&t, &wrong, "(1,4,1,1)");
    wrong.x[2] = (P2cDims)DIMS(3, 3);
    op_refused(&t, &wrong, "(3,3)");
    op_done(&t);
}

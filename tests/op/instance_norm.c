/* instance_norm.c: each plane to mean 0 and biased variance 1; also with the ReLU that fusion may
 * add. */
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

static void norm(const OpCase *c, double *const x[], double *y) {
    P2cDims d = op_dims(c->x[0]);
    int area = d.d[2] * d.d[3];
    const Options *o = c->options;
    for (int p = 0; p < d.d[0] * d.d[1]; p++) {
        const double *xp = x[0] + (size_t)p * area;
        double mean = 0, var = 0;
        for (int i = 0; i < area; i++) mean += xp[i] / area;
        for (int i = 0; i < area; i++) var += (xp[i] - mean) * (xp[i] - mean) / area;
        for (int i = 0; i < area; i++) {
            y[(size_t)p * area + i] = (xp[i] - mean) / sqrt(var + o->eps);
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
    P2cNode *y = p2c_instance_norm(x[0], o->eps);
    if (y) P2C_ATTRIBUTES(y, P2cNormAttributes)->relu = o->relu;
    return y;
}

static OpCase make(int n, int c, int h, int w, float range, const Options *o) {
    /* any two values become -1 and 1: the gradient is nearly 0 */
    bool cancels = h * w == 2;
    return (OpCase){ .count = 1,
                     .x = { DIMS(n, c, h, w) },
                     .y = DIMS(n, c, h, w),
                     .options = o,
                     .range = range,
                     .terms = { cancels } };
}

static void shift(const OpCase *c, float *const x[]) {
    for (size_t i = 0; i < op_size(c->x[0]); i++) x[0][i] += 3;
}

void test_op_instance_norm(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_instance_norm,
                 .build = build,
                 .reference = reference,
                 .print = print,
                 .gradient_of = norm,
                 .activation_slope = relu_slope };
    static const int rows[][4] = { { 1, 1, 1, 1 },  { 3, 5, 1, 1 },   { 1, 1, 1, 2 },
                                   { 1, 3, 5, 4 },  { 3, 17, 4, 7 },  { 1, 33, 8, 8 },
                                   { 2, 70, 3, 3 }, { 1, 2, 64, 65 }, { 1, 1, 257, 129 },
                                   { 3, 8, 33, 31 } };
    static const Options small[] = { { 1e-5f, false }, { 1e-5f, true } },
                         large[] = { { 0.5f, false }, { 0.5f, true } };
    for (int relu = 0; relu < 2; relu++) {
        for (size_t i = 0; i < COUNT(rows); i++) {
            const int *r = rows[i];
            op_check(&t, (OpCase[]){ make(r[0], r[1], r[2], r[3], 1, &small[relu]) });
            op_check(&t, (OpCase[]){ make(r[0], r[1], r[2], r[3], 2, &large[relu]) });
        }
        for (int w = 1; w <= 40; w++)
            op_check(&t, (OpCase[]){ make(1, 3, 3, w, 0.01f, &small[relu]) });
    }
    /* a mean that is large against the deviation */
    OpCase far = make(2, 3, 16, 17, 1, &small[0]);
    far.prepare = shift;
    op_check(&t, &far);
    op_refused(&t, &(OpCase){ .count = 1, .x = { DIMS(3, 5) }, .options = &small[0] }, "(3,5)");
    op_done(&t);
}

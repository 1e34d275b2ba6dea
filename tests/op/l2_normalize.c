/* l2_normalize.c: rows to length 1, or divided by eps where they are shorter. */
#include "harness.h"

typedef struct Options {
    float eps;
} Options;

static void print(FILE *out, const OpCase *c) {
    const Options *o = c->options;
    fprintf(out, "eps %g", o->eps);
}

static void reference(const OpCase *c, double *const x[], double *y) {
    int d = c->x[0].d[1];
    const Options *o = c->options;
    for (int n = 0; n < c->x[0].d[0]; n++) {
        double squares = 0;
        for (int i = 0; i < d; i++) squares += x[0][n * d + i] * x[0][n * d + i];
        for (int i = 0; i < d; i++) y[n * d + i] = x[0][n * d + i] / fmax(sqrt(squares), o->eps);
    }
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    const Options *o = c->options;
    return p2c_l2_normalize(x[0], o->eps);
}

static OpCase make(int n, int d, float range, const Options *o) {
    return (
        OpCase){ .count = 1, .x = { DIMS(n, d) }, .y = DIMS(n, d), .options = o, .range = range };
}

/* A row of zeros stays zero; its gradient is dy / eps. */
static void zeros(OpTest *t) {
    const float zero[2] = { 0 }, dy[2] = { 1, -2 }, dx[2] = { 4, -8 };
    op_exact(t,
             &(OpCase){
                 .count = 1, .x = { DIMS(1, 2) }, .y = DIMS(1, 2), .options = &(Options){ 0.25f } },
             &(OpExact){ { zero }, dy, zero, { dx } });
}

void test_op_l2_normalize(void **state) {
    (void)state;
    OpTest t = {
        .op = P2C_OP_l2_normalize, .build = build, .reference = reference, .print = print
    };
    static const int rows[][2] = { { 1, 2 },   { 3, 5 },   { 1, 512 },
                                   { 3, 513 }, { 70, 33 }, { 2, 20000 } };
    static const Options small = { 1e-12f }, large = { 200 };
    for (size_t i = 0; i < COUNT(rows); i++) {
        op_check(&t, (OpCase[]){ make(rows[i][0], rows[i][1], 1 + (float)i, &small) });
        op_check(&t,
                 (OpCase[]){ make(rows[i][0], rows[i][1], 1, &large) }); /* all rows are shorter */
    }
    for (int w = 2; w <= 40; w++) op_check(&t, (OpCase[]){ make(3, w, 1, &small) });
    op_check(&t, (OpCase[]){ make(1, 1, 1, &(Options){ 10 }) });
    zeros(&t);
    op_refused(&t, &(OpCase){ .count = 1, .x = { DIMS(3, 5, 1, 1) }, .options = &small },
               "(3,5,1,1)");
    op_done(&t);
}

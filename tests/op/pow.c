/* pow.c: powers with one exponent for all elements. */
#include "harness.h"

typedef struct Options {
    float exponent;
} Options;

static void print(FILE *out, const OpCase *c) {
    const Options *o = c->options;
    fprintf(out, "exponent %g", o->exponent);
}

static void reference(const OpCase *c, double *const x[], double *y) {
    const Options *o = c->options;
    for (size_t i = 0; i < op_size(c->x[0]); i++) y[i] = pow(x[0][i], o->exponent);
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    const Options *o = c->options;
    return p2c_pow(x[0], o->exponent);
}

/* Above 0, and far enough from it for differences. */
static void make_positive(const OpCase *c, float *const x[]) {
    for (size_t i = 0; i < op_size(c->x[0]); i++) x[0][i] = 0.25f + fabsf(x[0][i]);
}

/* On both sides of 0, for whole exponents. */
static void avoid_zero(const OpCase *c, float *const x[]) {
    op_keep_away(x[0], op_size(c->x[0]), 0, 0.25f);
}

static OpCase make(int w, const Options *o) {
    bool whole = o->exponent == rintf(o->exponent);
    return (OpCase){ UNARY(2, 1, w), .options = o, .range = 2,
                     .prepare = whole ? avoid_zero : make_positive };
}

static void check_ends(OpTest *t, float exponent, const float y[4], const float dx[4]) {
    static const float x[] = { 0, -2, 4, INFINITY }, dy[] = { 2, 1, 3, 1 };
    op_exact(t, &(OpCase){ UNARY(4), .options = &(Options){ exponent } },
             &(OpExact){ .x = { x }, .dy = dy, .y = y, .dx = { dx } });
}

void test_op_pow(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_pow, .build = build, .reference = reference, .print = print };
    static const Options exponents[] = { { 2 },  { 0.5f }, { 3 },     { 1 },    { 0 },
                                         { -1 }, { -2 },   { -0.5f }, { 1.7f }, { -2.3f } };
    const OpCase cases[] = {
        { UNARY_SCALAR, .options = &(Options){ 2 } },
        { UNARY(1, 1, 1, 1), .options = &(Options){ 3 } },
        { UNARY(3, 5, 4, 7), .options = &(Options){ 0.5f }, .prepare = make_positive },
        { UNARY(2, 5, 7), .options = &(Options){ -1 }, .range = 5, .prepare = avoid_zero },
        { UNARY(1, 8, 130, 129), .options = &(Options){ 2 } },
        { UNARY(1, 3, 130, 129), .options = &(Options){ 0.5f }, .prepare = make_positive },
        { UNARY(1, 3, 130, 129), .options = &(Options){ 1.25f }, .prepare = make_positive },
        { UNARY(3, 70), .options = &(Options){ 4 }, .range = 12, .prepare = avoid_zero },
    };
    op_check_all(&t, cases, COUNT(cases));
    for (size_t i = 0; i < COUNT(exponents); i++)
        for (int w = 1; w <= 40; w += i < 2 ? 1 : 13)
            op_check(&t, (OpCase[]){ make(w, &exponents[i]) });
    check_ends(&t, 2, (float[]){ 0, 4, 16, INFINITY }, (float[]){ 0, -4, 24, INFINITY });
    check_ends(&t, 0.5f, (float[]){ 0, NAN, 2, INFINITY }, (float[]){ INFINITY, NAN, 0.75f, 0 });
    check_ends(&t, 3, (float[]){ 0, -8, 64, INFINITY }, (float[]){ 0, 12, 144, INFINITY });
    check_ends(&t, 1.5f, (float[]){ 0, NAN, 8, INFINITY }, (float[]){ 0, NAN, 9, INFINITY });
    check_ends(&t, 1, (float[]){ 0, -2, 4, INFINITY }, (float[]){ 2, 1, 3, 1 });
    check_ends(&t, 0, (float[]){ 1, 1, 1, 1 }, (float[]){ 0, 0, 0, 0 });
    check_ends(&t, -1, (float[]){ INFINITY, -0.5f, 0.25f, 0 },
               (float[]){ -INFINITY, -0.25f, -3.0f / 16, 0 });
    op_done(&t);
}

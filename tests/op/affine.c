/* affine.c: scale * x + shift. */
#include "harness.h"

typedef struct Options {
    float scale, shift;
} Options;

static void print(FILE *out, const OpCase *c) {
    const Options *o = c->options;
    fprintf(out, "scale %g, shift %g", o->scale, o->shift);
}

static void reference(const OpCase *c, double *const x[], double *y) {
    const Options *o = c->options;
    for (size_t i = 0; i < op_size(c->x[0]); i++) y[i] = o->scale * x[0][i] + o->shift;
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    const Options *o = c->options;
    return p2c_affine(x[0], o->scale, o->shift);
}

void test_op_affine(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_affine, .build = build, .reference = reference, .print = print };
    const OpCase cases[] = {
        { UNARY_SCALAR, .options = &(Options){ 3, -1 } },
        { UNARY(3, 5, 4, 7), .options = &(Options){ -1, 1 } },
        { UNARY(3, 5), .options = &(Options){ 0, 2 } },
        { UNARY(1, 8, 130, 129), .options = &(Options){ 0.3f, 0 } },
    };
    op_check_all(&t, cases, COUNT(cases));
    for (int w = 1; w <= 40; w++)
        op_check(&t, &(OpCase){ UNARY(1, w), .options = &(Options){ 2, 0.5f } });
    op_done(&t);
}

/* relu.c: x > 0 ? x : slope * x. */
#include "harness.h"

typedef struct Options {
    float slope; /* 0: relu, else leaky */
} Options;

static void print(FILE *out, const OpCase *c) {
    const Options *o = c->options;
    fprintf(out, "slope %g", o->slope);
}

static void reference(const OpCase *c, double *const x[], double *y) {
    const Options *o = c->options;
    for (size_t i = 0; i < op_size(c->x[0]); i++) y[i] = x[0][i] > 0 ? x[0][i] : o->slope * x[0][i];
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    const Options *o = c->options;
    return o->slope != 0 ? p2c_leaky_relu(x[0], o->slope) : p2c_relu(x[0]);
}

static void off_zero(const OpCase *c, float *const x[]) {
    op_keep_away(x[0], op_size(c->x[0]), 0, 1e-3f);
}

/* At 0 and at -0 the gradient is the slope. */
static void at_zero(OpTest *t) {
    const float x[4] = { 0, -0.0f, 1e-30f, -1e-30f }, dy[4] = { 1, 2, 3, 4 },
                y[4] = { 0, 0, 1e-30f, -0.25e-30f }, dx[4] = { 0.25f, 0.5f, 3, 1 };
    const float y0[4] = { 0, 0, 1e-30f, 0 }, dx0[4] = { 0, 0, 3, 0 };
    op_exact(t, &(OpCase){ UNARY(4), .options = &(Options){ 0.25f } },
             &(OpExact){ { x }, dy, y, { dx } });
    op_exact(t, &(OpCase){ UNARY(4), .options = &(Options){ 0 } },
             &(OpExact){ { x }, dy, y0, { dx0 } });
}

void test_op_relu(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_relu, .build = build, .reference = reference, .print = print };
    static const Options slopes[] = { { 0 }, { 0.2f }, { 0.01f }, { 1 } };
    for (size_t s = 0; s < COUNT(slopes); s++) {
        const OpCase cases[] = {
            { UNARY(1) },
            { UNARY_SCALAR },
            { UNARY(3, 5, 4, 7) },
            { UNARY(1, 8, 130, 129) },
        };
        for (size_t i = 0; i < COUNT(cases); i++) {
            OpCase c = cases[i];
            c.options = &slopes[s];
            c.prepare = off_zero;
            op_check(&t, &c);
        }
        for (int w = 1; w <= 40; w++)
            op_check(&t, &(OpCase){ UNARY(1, w), .options = &slopes[s], .prepare = off_zero });
    }
    at_zero(&t);
    op_refused(&t, &(OpCase){ .count = 1, .x = { DIMS(3) }, .options = &(Options){ -0.5f } },
               "-0.5 is negative");
    op_done(&t);
}

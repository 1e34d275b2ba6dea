/* clamp.c: x limited to [low, high]; the gradient passes where low <= x <= high. */
#include "harness.h"

typedef struct Options {
    float low, high;
} Options;

static void print(FILE *out, const OpCase *c) {
    const Options *o = c->options;
    fprintf(out, "low %g, high %g", o->low, o->high);
}

static void reference(const OpCase *c, double *const x[], double *y) {
    const Options *o = c->options;
    for (size_t i = 0; i < op_size(c->x[0]); i++) y[i] = fmin(fmax(x[0][i], o->low), o->high);
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    const Options *o = c->options;
    return p2c_clamp(x[0], o->low, o->high);
}

static void off_ends(const OpCase *c, float *const x[]) {
    const Options *o = c->options;
    op_keep_away(x[0], op_size(c->x[0]), o->low, 1e-3f);
    op_keep_away(x[0], op_size(c->x[0]), o->high, 1e-3f);
}

static void ends_included(OpTest *t) {
    const float x[5] = { -0.5f, 0.25f, nextafterf(-0.5f, -1), nextafterf(0.25f, 1), 0 },
                y[5] = { -0.5f, 0.25f, -0.5f, 0.25f, 0 };
    const float dy[5] = { 1, 2, 3, 4, 5 }, dx[5] = { 1, 2, 0, 0, 5 };
    op_exact(t, &(OpCase){ UNARY(5), .options = &(Options){ -0.5f, 0.25f } },
             &(OpExact){ { x }, dy, y, { dx } });
}

void test_op_clamp(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_clamp, .build = build, .reference = reference, .print = print };
    const OpCase cases[] = {
        { UNARY_SCALAR, .options = &(Options){ -0.1f, 2 }, .prepare = off_ends },
        { UNARY(3, 5, 4, 7), .options = &(Options){ 0, 0.5f }, .prepare = off_ends },
        { UNARY(1, 8, 130, 129), .options = &(Options){ -0.7f, -0.2f }, .prepare = off_ends },
        { UNARY(5, 33), .options = &(Options){ -INFINITY, 0.5f }, .prepare = off_ends },
    };
    op_check_all(&t, cases, COUNT(cases));
    for (int w = 1; w <= 40; w++)
        op_check(&t, &(OpCase){ UNARY(1, w), .options = &(Options){ -0.5f, 0.5f },
                                .prepare = off_ends });
    ends_included(&t);
    op_refused(&t, &(OpCase){ .count = 1, .x = { DIMS(3) }, .options = &(Options){ 1, 0 } },
               "1 to 0 is empty");
    op_done(&t);
}

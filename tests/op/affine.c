/* affine.c: scale * x + shift. */
#include "harness.h"

static void reference(const OpCase *c, double *const x[], double *y) {
    for (size_t i = 0; i < op_size(c->x[0]); i++) y[i] = c->scale * x[0][i] + c->shift;
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    return p2c_affine(x[0], c->scale, c->shift);
}

void test_op_affine(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_affine, .build = build, .reference = reference };
    const OpCase cases[] = {
        { .count = 1, .x = { SCALAR }, .y = SCALAR, .scale = 3, .shift = -1 },
        { .count = 1, .x = { DIMS(3, 5, 4, 7) }, .y = DIMS(3, 5, 4, 7), .scale = -1, .shift = 1 },
        { .count = 1, .x = { DIMS(3, 5) }, .y = DIMS(3, 5), .scale = 0, .shift = 2 },
        { .count = 1,
          .x = { DIMS(1, 8, 130, 129) },
          .y = DIMS(1, 8, 130, 129),
          .scale = 0.3f,
          .shift = 0 },
    };
    op_check_all(&t, cases, COUNT(cases));
    for (int w = 1; w <= 40; w++)
        op_check(&t,
                 &(OpCase){
                     .count = 1, .x = { DIMS(1, w) }, .y = DIMS(1, w), .scale = 2, .shift = 0.5f });
    op_done(&t);
}

/* sum.c: the sum and the mean of all elements. */
#include "harness.h"

typedef struct Options {
    bool mean;
} Options;

static void print(FILE *out, const OpCase *c) {
    const Options *o = c->options;
    fprintf(out, "%s", o->mean ? "mean" : "sum");
}

static void reference(const OpCase *c, double *const x[], double *y) {
    const Options *o = c->options;
    *y = 0;
    for (size_t i = 0; i < op_size(c->x[0]); i++) *y += x[0][i];
    if (o->mean) *y /= (double)op_size(c->x[0]);
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    const Options *o = c->options;
    return o->mean ? p2c_mean(x[0]) : p2c_sum(x[0]);
}

/* Around 0.3, so that the sum is much larger than its terms: large cases then show rounding
 * errors. */
static void off_zero(const OpCase *c, float *const x[]) {
    for (size_t i = 0; i < op_size(c->x[0]); i++) x[0][i] += 0.3f;
}

void test_op_sum(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_sum, .build = build, .reference = reference, .print = print };
    static const P2cDims rows[] = {
        SCALAR, DIMS(1), DIMS(3, 5), DIMS(3, 5, 4, 7), DIMS(1, 8, 130, 129), DIMS(3, 3, 257, 255)
    };
    for (int mean = 0; mean < 2; mean++) {
        for (size_t i = 0; i < COUNT(rows); i++)
            op_check(&t, &(OpCase){ .count = 1,
                                    .x = { rows[i] },
                                    .y = SCALAR,
                                    .options = &(Options){ mean },
                                    .prepare = off_zero });
        for (int w = 1; w <= 40; w++)
            op_check(&t, &(OpCase){ .count = 1,
                                    .x = { DIMS(w) },
                                    .y = SCALAR,
                                    .options = &(Options){ mean },
                                    .prepare = off_zero });
    }
    op_done(&t);
}

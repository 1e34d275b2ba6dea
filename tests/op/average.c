/* average.c: a running average, in place; what is averaged stays as it is. */
#include "harness.h"

static const double decays[] = { 1, 0.999, 0.75, 0 };

static const double *decay_of(const OpCase *c) { return &decays[c->factor]; }

static void reference(const OpCase *c, double *const x[], double *y) {
    for (size_t i = 0; i < op_size(c->x[0]); i++)
        x[0][i] += (1 - *decay_of(c)) * (x[1][i] - x[0][i]);
    *y = 0;
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    return p2c_node_new(&p2c_op_average, 2, x, &(P2cAverageAttributes){ decay_of(c) },
                        sizeof(P2cAverageAttributes));
}

void test_op_average(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_average, .build = build, .reference = reference, .frozen = 3 };
    static const P2cDims rows[] = { SCALAR, DIMS(5), DIMS(2, 17), DIMS(3, 5, 4, 7),
                                    DIMS(4, 8, 30, 31) };
    for (size_t i = 0; i < COUNT(rows); i++)
        for (int k = 0; k < (int)COUNT(decays); k++)
            op_check(&t,
                     &(OpCase){ .count = 2, .x = { rows[i], rows[i] }, .y = SCALAR, .factor = k });
    op_refused(&t, &(OpCase){ .count = 2, .x = { DIMS(3, 5), DIMS(3, 4) } },
               "average (3,5), of (3,4)");
    op_done(&t);
}

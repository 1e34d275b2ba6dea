/* average.c: a running average, in place; the averaged operand stays unchanged. */
#include "op/average.h"
#include "harness.h"

typedef struct Options {
    double decay;
} Options;

static void print(FILE *out, const OpCase *c) {
    const Options *o = c->options;
    fprintf(out, "decay %g", o->decay);
}

static void reference(const OpCase *c, double *const x[], double *y) {
    const Options *o = c->options;
    for (size_t i = 0; i < op_size(c->x[0]); i++) x[0][i] += (1 - o->decay) * (x[1][i] - x[0][i]);
    *y = 0;
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    const Options *o = c->options;
    return p2c_node_new(&p2c_op_average, 2, x, &(P2cAverageAttributes){ &o->decay },
                        sizeof(P2cAverageAttributes));
}

void test_op_average(void **state) {
    (void)state;
    OpTest t = {
        .op = P2C_OP_average, .build = build, .reference = reference, .print = print, .frozen = 3
    };
    static const P2cDims rows[] = { SCALAR, DIMS(5), DIMS(2, 17), DIMS(3, 5, 4, 7),
                                    DIMS(4, 8, 30, 31) };
    static const Options decays[] = { { 1 }, { 0.999 }, { 0.75 }, { 0 } };
    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t k = 0; k < COUNT(decays); k++)
            op_check(&t, &(OpCase){ .count = 2,
                                    .x = { rows[i], rows[i] },
                                    .y = SCALAR,
                                    .options = &decays[k] });
    op_refused(&t, &(OpCase){ .count = 2, .x = { DIMS(3, 5), DIMS(3, 4) }, .options = &decays[0] },
               "average (3,5), of (3,4)");
    op_done(&t);
}

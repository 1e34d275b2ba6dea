/* sgd_begin.c: updates are counted when the sum of squares and the loss are finite, and only then;
 * the rates are those of the moment. */
#include "op/sgd.h"

#include "harness.h"

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    return p2c_node_new(&p2c_op_sgd_begin, c->count, x, &(P2cUpdateBeginAttributes){ NULL },
                        sizeof(P2cUpdateBeginAttributes));
}

/* after: another node of the same P2cSgd came before, and was refused. */
static void check(OpTest *t, int level, bool after, int64_t step) {
    static const struct {
        float squares, loss;
        bool counts;
    } rows[] = {
        { 0, 0, true },         { 1e30f, -5, true },     { NAN, 1, false }, { 1, NAN, false },
        { INFINITY, 1, false }, { 1, -INFINITY, false }, { 2, 3, true },
    };
    OpCase c = { .count = 2 + after,
                 .x = { SCALAR, SCALAR, DIMS(P2C_SGD_RATES) },
                 .y = DIMS(P2C_SGD_RATES) };
    OpRun run;
    P2cSgd sgd = { .lr = 1e-3, .momentum = 0.9, .weight_decay = 1e-4, .step = step };
    op_run_init(&run, t, &c);
    op_run_level(&run, level);
    P2C_ATTRIBUTES(run.node, P2cUpdateBeginAttributes)->settings = &sgd;
    for (size_t i = 0; i < COUNT(rows); i++, t->cases++) {
        int64_t before = sgd.step;
        *run.call.x[0] = rows[i].squares, *run.call.x[1] = rows[i].loss;
        if (after) ((P2cSgdRates *)run.call.x[2])->updates = 0;
        op_run_forward(&run, 1);
        P2cSgdRates got = *(const P2cSgdRates *)run.call.y;
        assert_int_equal(sgd.step, before + rows[i].counts);
        assert_true(rows[i].counts ? got.step == (float)sgd.step : isnan(got.step));
        assert_true(got.rate == (float)sgd.lr && got.momentum == 0.9f && got.decay == 1e-4f &&
                    got.updates == (float)rows[i].counts);
        sgd.lr *= 0.9;
    }
    op_run_clear(&run);
}

void test_op_sgd_begin(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_sgd_begin, .build = build };
    for (int level = 0; level < op_level_count(); level++)
        for (int after = 0; after < 2; after++)
            check(&t, level, after, 0), check(&t, level, after, 1000000);
    op_refused(&t, &(OpCase){ .count = 2, .x = { SCALAR, DIMS(2) } }, "expected a scalar, got (2)");
    op_refused(&t, &(OpCase){ .count = 3, .x = { SCALAR, SCALAR, DIMS(9) } },
               "expected (5) of the one before, got (9)");
    op_done(&t);
}

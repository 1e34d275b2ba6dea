/* adam_begin.c: updates count only when the sum of squares and the loss are finite;
 * the rates are those of the update's number. */
#include "harness.h"
#include "op/adam.h"

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    return p2c_node_new(&p2c_op_adam_begin, c->count, x, &(P2cUpdateBeginAttributes){ NULL },
                        sizeof(P2cUpdateBeginAttributes));
}

static void check_rates(const float *y, const P2cAdam *a, double t, float updates) {
    double want[] = { a->lr / (1 - exp(t * log(a->beta1))),
                      pow(1 - exp(t * log(a->beta2)), -0.5),
                      a->weight_decay,
                      a->eps,
                      a->beta1,
                      1 - a->beta1,
                      a->beta2,
                      1 - a->beta2,
                      updates };
    assert_int_equal(COUNT(want) + 1, P2C_ADAM_RATES);
    for (size_t i = 0; i < COUNT(want); i++)
        if (!(fabs(y[1 + i] - want[i]) <= 2e-7 * fabs(want[i])))
            fail_msg("adam_begin: rate %zu of update %g is %.9g, expected %.9g", i, t, y[1 + i],
                     want[i]);
}

/* after: another node of the same P2cAdam ran first, and its update was refused. The case that it
 * was not is in tests/unit/minimize.c. */
static void check(OpTest *t, int level, bool after, int64_t step) {
    static const struct {
        float squares, loss;
        bool counts;
    } rows[] = {
        { 0, 0, true },         { 1e30f, -5, true },     { NAN, 1, false }, { 1, NAN, false },
        { INFINITY, 1, false }, { 1, -INFINITY, false }, { 2, 3, true },
    };
    OpCase c = { .count = 2 + after,
                 .x = { SCALAR, SCALAR, DIMS(P2C_ADAM_RATES) },
                 .y = DIMS(P2C_ADAM_RATES) };
    OpRun run;
    P2cAdam adam = {
        .lr = 1e-3, .beta1 = 0.5, .beta2 = 0.999, .eps = 1e-8, .weight_decay = 1e-4, .step = step
    };
    op_run_init(&run, t, &c);
    op_run_level(&run, level);
    P2C_ATTRIBUTES(run.node, P2cUpdateBeginAttributes)->settings = &adam;
    for (size_t i = 0; i < COUNT(rows); i++, t->cases++) {
        int64_t before = adam.step;
        *run.call.x[0] = rows[i].squares, *run.call.x[1] = rows[i].loss;
        if (after) ((P2cAdamRates *)run.call.x[2])->updates = 0;
        op_run_forward(&run, 1);
        assert_int_equal(adam.step, before + rows[i].counts);
        assert_true(rows[i].counts ? *run.call.y == (float)adam.step : isnan(*run.call.y));
        check_rates(run.call.y, &adam, (double)(before + 1), rows[i].counts);
        adam.lr *= 0.9;
    }
    op_run_clear(&run);
}

void test_op_adam_begin(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_adam_begin, .build = build };
    for (int level = 0; level < op_level_count(); level++)
        for (int after = 0; after < 2; after++)
            check(&t, level, after, 0), check(&t, level, after, 41),
                check(&t, level, after, 1000000);
    op_refused(&t, &(OpCase){ .count = 2, .x = { SCALAR, DIMS(2) } }, "expected a scalar, got (2)");
    op_refused(&t, &(OpCase){ .count = 3, .x = { SCALAR, SCALAR, DIMS(9) } },
               "expected (10) of the one before, got (9)");
    op_done(&t);
}

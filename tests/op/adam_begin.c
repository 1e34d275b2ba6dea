/* adam_begin.c: updates are counted when the sum of squares and the loss are finite, and only then. */
#include "harness.h"

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    (void)c;
    return p2c_node_new(x[0]->state->graph, &p2c_op_adam_begin, 2, x, &(P2cAdamAttributes){ NULL, NULL }, sizeof(P2cAdamAttributes));
}

static void check(OpTest *t, int level) {
    static const struct { float squares, loss; bool counts; } rows[] = {
        { 0, 0, true }, { 1e30f, -5, true }, { NAN, 1, false }, { 1, NAN, false }, { INFINITY, 1, false }, { 1, -INFINITY, false }, { 2, 3, true },
    };
    OpCase c = { .count = 2, .x = { SCALAR, SCALAR }, .y = SCALAR };
    OpRun run;
    P2cAdam adam = { .step = 41 };
    op_run_init(&run, t, &c);
    op_run_level(&run, level);
    P2C_ATTRIBUTES(run.node, P2cAdamAttributes)->adam = &adam;
    for (size_t i = 0; i < COUNT(rows); i++, t->cases++) {
        int64_t before = adam.step;
        *run.call.x[0] = rows[i].squares, *run.call.x[1] = rows[i].loss;
        op_run_forward(&run, 1);
        assert_int_equal(adam.step, before + rows[i].counts);
        assert_true(rows[i].counts ? *run.call.y == (float)adam.step : isnan(*run.call.y));
    }
    op_run_clear(&run);
}

void test_op_adam_begin(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_adam_begin, .build = build };
    for (int level = 0; level < op_level_count(); level++) check(&t, level);
    op_refused(&t, &(OpCase){ .count = 2, .x = { SCALAR, DIMS(2) } }, "expected a scalar, got (2)");
    op_done(&t);
}

/* reshape.c: a view: values and memory are the operand's. */
#include "harness.h"

#include "../device.h"

static void reference(const OpCase *c, double *const x[], double *y) {
    memcpy(y, x[0], op_size(c->x[0]) * sizeof *y);
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    return p2c_reshape(x[0], op_dims(c->y));
}

/* In a running graph, a reshape is no step and shows the operand's values. */
static void is_a_view(void) {
    P2cContext *ctx;
    P2cGraph *g;
    float x[6] = { 1, 2, 3, 4, 5, 6 }, y[6], twice[6];
    assert_int_equal(p2c_context_new(&ctx, test_device(), 1), P2C_OK);
    assert_int_equal(p2c_graph_new(&g, ctx), P2C_OK);
    P2cNode *in = p2c_input(g, "x", P2C_DIMS(2, 3)),
            *view = p2c_output(p2c_reshape(in, P2C_DIMS(3, 1, 2)));
    P2cNode *end = p2c_output(p2c_affine(p2c_reshape(view, P2C_DIMS(6)), 2, 0));
    assert_int_equal(p2c_graph_finish(g), P2C_OK);
    assert_int_equal(p2c_graph_step_count(g), 1);
    assert_ptr_equal(view->state->buffer->same, in->state->buffer);
    assert_int_equal(p2c_node_write(in, x), P2C_OK);
    assert_int_equal(p2c_graph_run(g), P2C_OK);
    assert_int_equal(p2c_node_read(view, y), P2C_OK);
    assert_int_equal(p2c_node_read(end, twice), P2C_OK);
    assert_memory_equal(x, y, sizeof x);
    for (int i = 0; i < 6; i++) assert_true(twice[i] == 2 * x[i]);
    p2c_graph_free(&g);
    p2c_context_free(&ctx);
}

void test_op_reshape(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_reshape, .build = build, .reference = reference };
    static const OpCase cases[] = {
        { .count = 1, .x = { SCALAR }, .y = DIMS(1, 1) },
        { .count = 1, .x = { DIMS(3, 5, 4, 7) }, .y = DIMS(3, 140) },
        { .count = 1, .x = { DIMS(3, 35) }, .y = DIMS(3, 5, 7) },
        { .count = 1, .x = { DIMS(1, 33, 65, 64) }, .y = DIMS(33, 65, 64) },
    };
    op_check_all(&t, cases, COUNT(cases));
    is_a_view();
    op_refused(&t, &(OpCase){ .count = 1, .x = { DIMS(3, 5) }, .y = DIMS(3, 4) }, "(3,5) to (3,4)");
    op_refused(&t, &(OpCase){ .count = 1, .x = { DIMS(3, 5) }, .y = DIMS(-3, -5) }, "(-3,-5)");
    op_done(&t);
}

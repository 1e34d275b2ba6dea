/* detach.c: the operand itself, without a gradient. */
#include "harness.h"

#include "../device.h"

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    (void)c;
    return p2c_detach(x[0]);
}

static void reference(const OpCase *c, double *const x[], double *y) {
    memcpy(y, x[0], op_size(c->x[0]) * sizeof *y);
}

/* loss = sum(x * detach(x)): the gradient is x, not 2x. loss = sum(detach(x)): there is none. */
static void stops_gradients(void) {
    P2cContext *ctx;
    P2cGraph *g;
    float x[3] = { 1, -2, 3 }, y[3], dx[3];
    assert_int_equal(p2c_context_new(&ctx, test_device(), 1), P2C_OK);
    assert_int_equal(p2c_graph_new(&g, ctx), P2C_OK);
    P2cNode *in = p2c_input(g, "x", P2C_DIMS(3)), *copy = p2c_output(p2c_detach(in)), *grad, *none;
    assert_ptr_not_equal(in, copy);
    p2c_backward(p2c_sum(p2c_mul(in, copy)), 1, &in, &grad);
    p2c_backward(p2c_sum(copy), 1, &in, &none);
    assert_null(none);
    p2c_output(grad);
    assert_int_equal(p2c_graph_finish(g), P2C_OK);
    assert_ptr_equal(copy->state->buffer->same, in->state->buffer);
    assert_int_equal(p2c_node_write(in, x), P2C_OK);
    assert_int_equal(p2c_graph_run(g), P2C_OK);
    assert_int_equal(p2c_node_read(copy, y), P2C_OK);
    assert_int_equal(p2c_node_read(grad, dx), P2C_OK);
    assert_memory_equal(x, y, sizeof x);
    assert_memory_equal(x, dx, sizeof x);
    p2c_graph_free(&g);
    p2c_context_free(&ctx);
}

void test_op_detach(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_detach, .build = build, .reference = reference };
    op_check(&t, &(OpCase){ UNARY_SCALAR });
    op_check(&t, &(OpCase){ UNARY(3, 5, 4, 7) });
    stops_gradients();
    op_done(&t);
}

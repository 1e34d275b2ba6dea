/* concat.c: operands joined along any axis. */
#include "harness.h"

typedef struct Options {
    int axis;
} Options;

static void print(FILE *out, const OpCase *c) {
    const Options *o = c->options;
    fprintf(out, "axis %d", o->axis);
}

#include "../device.h"

static void reference(const OpCase *c, double *const x[], double *y) {
    P2cDims yd = op_dims(c->y);
    int axis = ((const Options *)c->options)->axis, offset = 0;
    for (int k = 0; k < c->count; k++) {
        P2cDims d = op_dims(c->x[k]);
        for (size_t i = 0; i < op_size(d); i++) {
            size_t rest = i;
            int at[4];
            for (int a = 3; a >= 0; rest /= (size_t)d.d[a], a--)
                at[a] = (int)(rest % (size_t)d.d[a]);
            at[axis] += offset;
            y[op_at(yd, at[0], at[1], at[2], at[3])] = x[k][i];
        }
        offset += d.d[axis];
    }
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    const Options *o = c->options;
    return p2c_concat(c->count, x, o->axis);
}

/* loss = sum(w * concat(a, b, a)); with `added`, the concat is fused into an addition to x. The
 * gradient of a is the sum of w at both of its places. */
static void twice(bool added) {
    enum { N = 2, AREA = 300, PLANE = N * AREA };
    P2cContext *ctx;
    P2cGraph *g;
    float weights[3 * PLANE], da[PLANE], db[PLANE];
    assert_int_equal(p2c_context_new(&ctx, test_device(), 2), P2C_OK);
    assert_int_equal(p2c_graph_new(&g, ctx), P2C_OK);
    P2cNode *a = p2c_input(g, "a", P2C_DIMS(N, 1, 1, AREA)),
            *b = p2c_input(g, "b", P2C_DIMS(N, 1, 1, AREA));
    P2cNode *x = p2c_input(g, "x", P2C_DIMS(N, 3, 1, AREA)),
            *w = p2c_input(g, "w", P2C_DIMS(N, 3, 1, AREA)), *grad[2];
    P2cNode *y = p2c_concat(3, (P2cNode *[]){ a, b, a }, 1);
    p2c_backward(p2c_sum(p2c_mul(added ? p2c_add(x, y) : y, w)), 2, (P2cNode *[]){ a, b }, grad);
    p2c_output(grad[0]);
    p2c_output(grad[1]);
    assert_int_equal(p2c_graph_finish(g), P2C_OK);
    for (int i = 0; i < 3 * PLANE; i++) weights[i] = (float)(i * 37 % 101);
    assert_int_equal(p2c_node_write(w, weights), P2C_OK);
    assert_int_equal(p2c_graph_run(g), P2C_OK);
    assert_int_equal(p2c_node_read(grad[0], da), P2C_OK);
    assert_int_equal(p2c_node_read(grad[1], db), P2C_OK);
    for (int i = 0; i < PLANE; i++) {
        const float *row = weights + i / AREA * 3 * AREA + i % AREA;
        if (da[i] != row[0] + row[2 * AREA] || db[i] != row[AREA])
            fail_msg("element %d: %g and %g", i, da[i], db[i]);
    }
    p2c_graph_free(&g);
    p2c_context_free(&ctx);
}

void test_op_concat(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_concat, .build = build, .reference = reference, .print = print };
    const OpCase cases[] = {
        { .count = 1, .x = { DIMS(3, 5) }, .y = DIMS(3, 5), .options = &(Options){ 1 } },
        { .count = 2, .x = { DIMS(1), DIMS(1) }, .y = DIMS(2), .options = &(Options){ 0 } },
        { .count = 2,
          .x = { DIMS(3, 5, 4, 7), DIMS(3, 1, 4, 7) },
          .y = DIMS(3, 6, 4, 7),
          .options = &(Options){ 1 } },
        { .count = 3,
          .x = { DIMS(1, 3, 4, 7), DIMS(3, 3, 4, 7), DIMS(2, 3, 4, 7) },
          .y = DIMS(6, 3, 4, 7),
          .options = &(Options){ 0 } },
        { .count = 2,
          .x = { DIMS(2, 3, 1, 7), DIMS(2, 3, 5, 7) },
          .y = DIMS(2, 3, 6, 7),
          .options = &(Options){ 2 } },
        { .count = 2,
          .x = { DIMS(2, 3, 5, 1), DIMS(2, 3, 5, 16) },
          .y = DIMS(2, 3, 5, 17),
          .options = &(Options){ 3 } },
        { .count = 8,
          .x = { DIMS(2, 1), DIMS(2, 2), DIMS(2, 3), DIMS(2, 4), DIMS(2, 5), DIMS(2, 6), DIMS(2, 7),
                 DIMS(2, 8) },
          .y = DIMS(2, 36),
          .options = &(Options){ 1 } },
        { .count = 3,
          .x = { DIMS(1, 8, 64, 65), DIMS(1, 17, 64, 65), DIMS(1, 3, 64, 65) },
          .y = DIMS(1, 28, 64, 65),
          .options = &(Options){ 1 } },
    };
    op_check_all(&t, cases, COUNT(cases));
    for (int w = 1; w <= 40; w++)
        op_check(&t, &(OpCase){ .count = 2,
                                .x = { DIMS(3, w, 2, 2), DIMS(3, 5, 2, 2) },
                                .y = DIMS(3, w + 5, 2, 2),
                                .options = &(Options){ 1 } });
    twice(false);
    twice(true);
    op_refused(&t,
               &(OpCase){ .count = 2, .x = { DIMS(3, 5), DIMS(4, 5) }, .options = &(Options){ 1 } },
               "(4,5)");
    op_refused(
        &t,
        &(OpCase){ .count = 2, .x = { DIMS(3, 5), DIMS(3, 5, 1, 1) }, .options = &(Options){ 1 } },
        "(3,5,1,1)");
    op_refused(&t,
               &(OpCase){ .count = 2, .x = { DIMS(3, 5), DIMS(3, 5) }, .options = &(Options){ 2 } },
               "axis 2");
    op_refused(
        &t, &(OpCase){ .count = 2, .x = { DIMS(3, 5), DIMS(3, 5) }, .options = &(Options){ -1 } },
        "axis -1");
    op_refused(&t,
               &(OpCase){ .count = 2,
                          .x = { DIMS(1 << 30, 1), DIMS(1 << 30, 1) },
                          .options = &(Options){ 0 } },
               "2^31");
    op_done(&t);
}

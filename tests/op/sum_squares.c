/* sum_squares.c: the sum of squares of all elements, alone and added to what came before; and
 * hundreds of them, which kernels may take together. */
#include "harness.h"

#include <stdio.h>

#include "../device.h"

static void reference(const OpCase *c, double *const x[], double *y) {
    *y = c->count == 2 ? *x[1] : 0;
    for (size_t i = 0; i < op_size(c->x[0]); i++) *y += x[0][i] * x[0][i];
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    return p2c_node_new(&p2c_op_sum_squares, c->count, x, NULL, 0);
}

/* A NaN or an infinity anywhere must show. */
static void shows(OpTest *t, size_t n, size_t at, float bad) {
    for (int level = 0; level < op_level_count(); level++) {
        OpCase c = { .count = 1, .x = { DIMS((int)n) }, .y = SCALAR };
        OpRun run;
        op_run_init(&run, t, &c);
        op_run_level(&run, level);
        for (size_t i = 0; i < n; i++) run.call.x[0][i] = i == at ? bad : 1;
        op_run_forward(&run, 2);
        assert_false(isfinite(*run.call.y));
        op_run_clear(&run);
    }
}

enum { CHAINS = 2, LINKS = 120 };

/* CHAINS chains in one graph, link by link in turns, and the square of the last sum. */
typedef struct Chains {
    P2cContext *ctx;
    P2cGraph *g;
    P2cNode *x[CHAINS][LINKS], *sum[CHAINS][LINKS], *square;
    float *values[CHAINS][LINKS];
} Chains;

static size_t link_size(int i) { return i == LINKS / 2 ? 20000 : 1 + (size_t)(i * 37) % 300; }

static P2cNode *add_sum(P2cNode *x, P2cNode *before) {
    return p2c_output(
        p2c_node_new(&p2c_op_sum_squares, before ? 2 : 1, (P2cNode *[]){ x, before }, NULL, 0));
}

static void chains_init(Chains *c) {
    uint64_t state = 5;
    char name[16];
    assert_int_equal(p2c_context_new(&c->ctx, test_device(), 1), P2C_OK);
    assert_int_equal(p2c_graph_new(&c->g, c->ctx), P2C_OK);
    for (int i = 0; i < LINKS; i++)
        for (int k = 0; k < CHAINS; k++) {
            snprintf(name, sizeof name, "x%d.%d", k, i);
            c->x[k][i] = p2c_input(c->g, name, P2C_DIMS((int)link_size(i)));
            c->sum[k][i] = add_sum(c->x[k][i], i ? c->sum[k][i - 1] : NULL);
            assert_non_null(c->values[k][i] = malloc(link_size(i) * sizeof(float)));
            for (size_t e = 0; e < link_size(i); e++)
                c->values[k][i][e] = (float)op_uniform(&state);
        }
    c->square = add_sum(c->sum[1][LINKS - 1], NULL);
    if (p2c_graph_finish(c->g)) fail_msg("%s", p2c_error(c->ctx));
}

static void chains_run(Chains *c) {
    for (int k = 0; k < CHAINS; k++)
        for (int i = 0; i < LINKS; i++)
            assert_int_equal(p2c_node_write(c->x[k][i], c->values[k][i]), P2C_OK);
    assert_int_equal(p2c_graph_run(c->g), P2C_OK);
}

static float value_of(P2cNode *node) {
    float value;
    assert_int_equal(p2c_node_read(node, &value), P2C_OK);
    return value;
}

/* From link `bad` of chain 0 on, sums must be NaN. */
static void chains_check(Chains *c, int bad) {
    double last = 0;
    for (int k = 0; k < CHAINS; k++) {
        double want = 0;
        for (int i = 0; i < LINKS; i++) {
            float got = value_of(c->sum[k][i]);
            for (size_t e = 0; e < link_size(i); e++)
                want += (double)c->values[k][i][e] * c->values[k][i][e];
            if (k == 0 && i >= bad) assert_true(isnan(got));
            else op_compare("a link of a chain", &got, &want, 1, 1e-5);
        }
        last = want * want;
    }
    float got = value_of(c->square);
    op_compare("the square of a sum", &got, &last, 1, 1e-5);
}

static void chains(void) {
    Chains *c = calloc(1, sizeof *c);
    assert_non_null(c);
    chains_init(c);
    /* more than two runs, so that a device that records them repeats one */
    for (int bad = LINKS; bad > 0; bad -= LINKS / 3) {
        if (bad < LINKS) c->values[0][bad][link_size(bad) - 1] = NAN;
        chains_run(c);
        chains_check(c, bad);
    }
    for (int k = 0; k < CHAINS; k++)
        for (int i = 0; i < LINKS; i++) free(c->values[k][i]);
    p2c_graph_free(&c->g);
    p2c_context_free(&c->ctx);
    free(c);
}

void test_op_sum_squares(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_sum_squares, .build = build, .reference = reference };
    static const P2cDims rows[] = {
        SCALAR, DIMS(1), DIMS(3, 5), DIMS(3, 5, 4, 7), DIMS(1, 8, 130, 129), DIMS(3, 3, 257, 255)
    };
    for (int count = 1; count <= 2; count++) {
        for (size_t i = 0; i < COUNT(rows); i++)
            op_check(&t, &(OpCase){ .count = count, .x = { rows[i], SCALAR }, .y = SCALAR });
        for (int w = 1; w <= 40; w++)
            op_check(&t, &(OpCase){ .count = count, .x = { DIMS(w), SCALAR }, .y = SCALAR });
    }
    for (size_t n = 1; n < 60; n += 7)
        shows(&t, n, n / 2, NAN), shows(&t, n, n - 1, INFINITY), shows(&t, n, 0, -INFINITY);
    shows(&t, 100000, 99999, NAN);
    chains();
    op_refused(&t, &(OpCase){ .count = 2, .x = { DIMS(3), DIMS(2) } },
               "has shape (2), expected a scalar");
    op_done(&t);
}

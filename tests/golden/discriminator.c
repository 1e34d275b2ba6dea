/* discriminator.c (test): three calls in training mode, each with one power iteration, then one in
 * evaluation mode. */
#include "golden.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Case {
    const char *file, *tag, *name;
    int layers, ch, size, n;
} Case;

static bool ends_with(const char *text, const char *end) {
    size_t n = strlen(text), m = strlen(end);
    return n >= m && !strcmp(text + n - m, end);
}

/* u and v of every spectral norm, as they are now */
static void read_vectors(const Bench *b, const char *name, int call, Results *results) {
    for (int i = 0; i < p2c_store_count(b->store); i++) {
        const char *full = p2c_store_name(b->store, i);
        if (!ends_with(full, "weight_u") && !ends_with(full, "weight_v")) continue;
        Result *r = result_new(results, p2c_store_dims(b->store, i), "%d.%s", call,
                               full + strlen(name) + 1);
        must(b->ctx, p2c_store_read(b->store, i, r->values));
    }
}

static P2cJudged build(const Bench *b, const Case *c, bool training, P2cNode **x) {
    *x = p2c_input(b->graph, "x", P2C_DIMS(c->n, 3, c->size, c->size));
    P2cDiscriminator options = { .layers = c->layers, .ch = c->ch, .training = training };
    P2cJudged judged = p2c_discriminator(p2c_net(b->graph, b->store, c->name), *x, options);
    p2c_output(judged.map);
    p2c_output(judged.cam);
    p2c_output(judged.heatmap);
    return judged;
}

/* loss = mean(y^2) + sum(cam) + mean(heatmap) */
static void train(Bench *b, const Case *c, Results *results) {
    P2cNode *x;
    P2cJudged judged = build(b, c, true, &x);
    P2cNode *zero = p2c_constant(b->graph, P2C_SCALAR, 0);
    P2cNode *loss = p2c_add(p2c_add(p2c_mse_loss(judged.map, zero), p2c_sum(judged.cam)),
                            p2c_mean(judged.heatmap));
    Gradients *g = calloc(1, sizeof *g);
    assert_non_null(g);
    gradients_build(g, loss, x, p2c_net(b->graph, b->store, c->name));
    bench_finish(b);
    bench_picture(b, x, c->tag, results, "x");
    for (int call = 0; call < 3; call++) {
        char prefix[8];
        snprintf(prefix, sizeof prefix, "%d.", call);
        must(b->ctx, p2c_graph_run(b->graph));
        result_read(results, judged.map, "%d.y", call);
        result_read(results, judged.cam, "%d.cam", call);
        result_read(results, judged.heatmap, "%d.heatmap", call);
        gradients_read(g, results, prefix);
        read_vectors(b, c->name, call, results);
    }
    free(g);
}

/* The store keeps the state after training; an evaluation must not change it. */
static void evaluate(Bench *b, const Case *c, Results *results) {
    P2cNode *x;
    Results before = { 0 }, after = { 0 };
    bench_next_graph(b);
    P2cJudged judged = build(b, c, false, &x);
    must(b->ctx, p2c_graph_finish(b->graph));
    bench_picture(b, x, c->tag, NULL, "x");
    read_vectors(b, c->name, 0, &before);
    must(b->ctx, p2c_graph_run(b->graph));
    result_read(results, judged.map, "eval.y");
    read_vectors(b, c->name, 0, &after);
    for (int i = 0; i < before.count; i++)
        assert_memory_equal(before.items[i].values, after.items[i].values,
                            p2c_dims_count(before.items[i].dims) * sizeof(float));
    results_clear(&before);
    results_clear(&after);
}

static void check_case(const Case *c) {
    Bench b;
    Results results = { 0 };
    bench_open(&b, 0);
    train(&b, c, &results);
    evaluate(&b, c, &results);
    assert_true(results_agree(b.ctx, &results, c->file));
    results_clear(&results);
    bench_close(&b);
}

void test_discriminator_7(void **state) {
    (void)state;
    check_case(&(Case){ "discriminator_7_ch4_s128", "7_ch4_s128", "disGA", 7, 4, 128, 2 });
}

void test_discriminator_5(void **state) {
    (void)state;
    check_case(&(Case){ "discriminator_5_ch8_s128", "5_ch8_s128", "disLA", 5, 8, 128, 2 });
}

void test_discriminator_refuses(void **state) {
    static const struct {
        int layers, ch, c, size;
        P2cStatus status;
        const char *words;
    } cases[] = {
        { 6, 8, 3, 128, P2C_ERR_ARGUMENT, "discriminator|5 or 7|got 6" },
        { 5, 0, 3, 128, P2C_ERR_ARGUMENT, "discriminator|ch|got 0" },
        { 5, 8, 1, 128, P2C_ERR_SHAPE, "discriminator|(n,3,h,w)|(1,1,128,128)" },
        { 7, 8, 3, 95, P2C_ERR_SHAPE, "discriminator|7 layers|at least 96|(1,3,95,95)" },
        { 5, 8, 3, 23, P2C_ERR_SHAPE, "discriminator|5 layers|at least 24|(1,3,23,23)" },
        { 7, 4, 3, 96, P2C_OK, "" },
        { 5, 4, 3, 24, P2C_OK, "" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Bench b;
        bench_open(&b, 0);
        P2cNode *x = p2c_input(b.graph, "x", P2C_DIMS(1, cases[i].c, cases[i].size, cases[i].size));
        P2cDiscriminator options = { .layers = cases[i].layers, .ch = cases[i].ch };
        p2c_output(p2c_discriminator(p2c_net(b.graph, b.store, "d"), x, options).map);
        bench_must_refuse(&b, cases[i].status, cases[i].words);
        bench_close(&b);
    }
}

/* bench.c: sets up a network for a test: context, store, graph, weights made from names, pictures
 * made from tags, gradients of everything. */
#include "golden.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../device.h"
#include "base/context.h"
#include "base/device.h"

void must_at(P2cContext *ctx, P2cStatus status, const char *call, const char *file, int line) {
    if (status == P2C_OK) return;
    print_error("%s: status %d: %s\n", call, status, ctx ? p2c_error(ctx) : "no context");
    _fail(file, line);
}

void test_context(P2cContext **ctx, int threads) {
    const char *level = getenv("P2C_TEST_LEVEL");
    must(*ctx, p2c_context_new(ctx, test_device(), threads));
    must(*ctx, p2c_context_set_precision(*ctx, P2C_PRECISION_FP32));
    if (level && p2c_device_is_host((*ctx)->device))
        (*ctx)->device = p2c_cpu_device_at(atoi(level));
}

void bench_open(Bench *bench, int threads) {
    memset(bench, 0, sizeof *bench);
    test_context(&bench->ctx, threads);
    must(bench->ctx, p2c_store_new(&bench->store, bench->ctx, 1));
    must(bench->ctx, p2c_graph_new(&bench->graph, bench->ctx));
}

void bench_close(Bench *bench) {
    p2c_graph_free(&bench->graph);
    p2c_store_free(&bench->store);
    p2c_context_free(&bench->ctx);
}

void bench_next_graph(Bench *bench) {
    p2c_graph_free(&bench->graph);
    must(bench->ctx, p2c_graph_new(&bench->graph, bench->ctx));
}

void bench_finish(Bench *bench) {
    must(bench->ctx, hash_fill(bench->store));
    must(bench->ctx, p2c_graph_finish(bench->graph));
}

void bench_picture(Bench *bench, P2cNode *input, const char *tag, Results *results,
                   const char *name) {
    Results none = { 0 };
    P2cDims dims = p2c_node_dims(input);
    Result *r = result_new(results ? results : &none, dims, "%s", name);
    r->input = true;
    test_image(tag, dims.d[0], dims.d[2], r->values);
    must(bench->ctx, p2c_node_write(input, r->values));
    results_clear(&none);
}

void bench_must_refuse(Bench *bench, P2cStatus status, const char *words) {
    char copy[256];
    assert_int_equal(p2c_graph_finish(bench->graph), status);
    snprintf(copy, sizeof copy, "%s", words);
    for (char *word = strtok(copy, "|"); word; word = strtok(NULL, "|"))
        if (!strstr(p2c_error(bench->ctx), word))
            fail_msg("'%s' is not in the error: %s", word, p2c_error(bench->ctx));
}

/* ---- gradients ---- */

static bool is_buffer(const char *name) {
    static const char *const leaves[] = { "weight_u", "weight_v", "running_mean", "running_var",
                                          "num_batches_tracked" };
    const char *leaf = strrchr(name, '.') + 1;
    for (size_t i = 0; i < sizeof leaves / sizeof *leaves; i++)
        if (!strcmp(leaf, leaves[i])) return true;
    return false;
}

static void want(Gradients *g, P2cNode *of, const char *prefix, const char *name) {
    assert_true(g->count < MAX_WEIGHTS);
    g->of[g->count] = of;
    snprintf(g->names[g->count++], sizeof *g->names, "%s%s", prefix, name);
}

void gradients_build(Gradients *g, P2cNode *loss, P2cNode *x, P2cNet net) {
    size_t skip = strlen(net.prefix) + 1;
    g->count = 0;
    want(g, x, "", "dx");
    for (int i = 0; i < p2c_store_count(net.store); i++) {
        const char *name = p2c_store_name(net.store, i);
        if (is_buffer(name)) continue;
        want(g, p2c_param(net, name + skip, p2c_store_dims(net.store, i), P2C_CONSTANT(0)), "grad.",
             name + skip);
    }
    p2c_backward(loss, g->count, g->of, g->grads);
    for (int i = 0; i < g->count; i++) p2c_output(g->grads[i]);
}

void gradients_read(const Gradients *g, Results *results, const char *prefix) {
    for (int i = 0; i < g->count; i++)
        if (g->grads[i]) result_read(results, g->grads[i], "%s%s", prefix, g->names[i]);
}

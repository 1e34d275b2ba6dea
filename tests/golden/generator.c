/* generator.c (test): compares the generator with golden values at many sizes, and tests what it
 * refuses. */
#include "golden.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Case {
    const char *tag; /* of the pictures; the file is generator_<tag> */
    int ch, size, n;
    bool full, everything; /* everything: also taps and the gradients of the weights */
} Case;

static const char *const blocks[] = {
    "ConvBlock1",   "HourGlass1",   "HourGlass2",   "DownBlock1",   "DownBlock2",
    "EncodeBlock1", "EncodeBlock2", "EncodeBlock3", "EncodeBlock4", "cam",
    "style",        "DecodeBlock1", "DecodeBlock2", "DecodeBlock3", "DecodeBlock4",
    "UpBlock1",     "UpBlock2",     "HourGlass3",   "HourGlass4",   "ConvBlock2",
};
enum { BLOCK_COUNT = sizeof blocks / sizeof *blocks };

static P2cNode *block_of(P2cNet net, int i) {
    char name[160];
    snprintf(name, sizeof name, "%s.%s", net.prefix, blocks[i]);
    return p2c_graph_find(net.graph, name);
}

static void read_outputs(const P2cGenerated *made, Results *results) {
    result_read(results, made->image, "y");
    result_read(results, made->cam, "cam");
    result_read(results, made->heatmap, "heatmap");
}

static void keep_outputs(const P2cGenerated *made) {
    p2c_output(made->image);
    p2c_output(made->cam);
    p2c_output(made->heatmap);
}

/* Writes the picture with every pixel one rounding step up, one down, or unchanged. */
static void nudge_picture(P2cContext *ctx, P2cNode *x, const Result *picture, int nudge) {
    size_t n = p2c_dims_count(picture->dims);
    char name[32];
    float *pixels = malloc(n * sizeof *pixels);
    double *u = malloc(n * sizeof *u);
    assert_true(pixels && u);
    snprintf(name, sizeof name, "nudge.%d", nudge);
    hash_uniform(name, n, u);
    for (size_t i = 0; i < n; i++)
        pixels[i] = u[i] < 1.0 / 3 ? picture->values[i]
                                   : nextafterf(picture->values[i], u[i] < 2.0 / 3 ? 2 : -2);
    must(ctx, p2c_node_write(x, pixels));
    free(pixels);
    free(u);
}

/* loss = sum(y*dy) + 3*sum(cam) + mean(heatmap) */
static void run_case(const Case *c, int threads, int nudge, Results *results) {
    Bench b;
    char tag[64];
    bench_open(&b, threads);
    P2cNet net = p2c_net(b.graph, b.store, "genA2B");
    P2cNode *x = p2c_input(b.graph, "x", P2C_DIMS(c->n, 3, c->size, c->size)),
            *dy = p2c_input(b.graph, "dy", p2c_node_dims(x));
    P2cGenerated made = p2c_generator(net, x, (P2cGenerator){ .ch = c->ch, .full = c->full });
    P2cNode *of_cam = p2c_affine(p2c_sum(made.cam), 3, 0),
            *of_image = p2c_sum(p2c_mul(made.image, dy));
    P2cNode *loss = p2c_add(p2c_add(of_image, of_cam), p2c_mean(made.heatmap));
    Gradients *g = calloc(1, sizeof *g);
    assert_non_null(g);
    gradients_build(g, loss, x, net);
    if (!c->everything) g->count = 1;
    keep_outputs(&made);
    for (int i = 0; i < BLOCK_COUNT && c->everything; i++) p2c_output(block_of(net, i));

    bench_finish(&b);
    snprintf(tag, sizeof tag, "%s.dy", c->tag);
    bench_picture(&b, x, c->tag, results, "x");
    if (nudge) nudge_picture(b.ctx, x, &results->items[0], nudge);
    bench_picture(&b, dy, tag, results, "dy");
    must(b.ctx, p2c_graph_run(b.graph));
    read_outputs(&made, results);
    gradients_read(g, results, "");
    for (int i = 0; i < BLOCK_COUNT && c->everything; i++)
        result_read(results, block_of(net, i), "tap.%s", blocks[i]);
    free(g);
    bench_close(&b);
}

/* The gradient of ReLU jumps at zero. Of the two million activations of ch8_s64 about ten are
 * within rounding error of zero. If one is on the other side than in float64, most gradients change
 * by a percent. Which ones are depends on processor and compiler. So one of a few runs whose
 * pictures differ by single rounding steps has to meet the strict tolerance; a wrong gradient would
 * never meet it. */
static void check_case(const Case *c) {
    enum { RUNS = 24 };
    bool agree = false;
    char file[64];
    snprintf(file, sizeof file, "generator_%s", c->tag);
    for (int nudge = 0; nudge < RUNS && !agree; nudge++) {
        Bench b;
        Results results = { 0 };
        if (nudge) print_message("    run %d of %d, nudged by rounding steps\n", nudge + 1, RUNS);
        run_case(c, 0, nudge, &results);
        bench_open(&b, 0);
        agree = results_agree(b.ctx, &results, file);
        results_clear(&results);
        bench_close(&b);
    }
    assert_true(agree);
}

void test_generator_ch8(void **state) {
    (void)state;
    check_case(&(Case){ "ch8_s64", 8, 64, 2, .everything = true });
}

void test_generator_full(void **state) {
    (void)state;
    check_case(&(Case){ "ch8_s64_full", 8, 64, 1, .full = true, .everything = true });
}

void test_generator_ch32(void **state) {
    (void)state;
    check_case(&(Case){ "ch32_s256", 32, 256, 1, .everything = true });
}

/* Small and odd sizes and widths. At the bottom of the hourglass 48 gives 3x3 pixels and 32 gives
 * 2x2, the smallest that reflection allows. The norms of such small planes magnify rounding
 * errors. */
void test_generator_sizes(void **state) {
    (void)state;
    check_case(&(Case){ "ch8_s32", 8, 32, 3, .full = false });
    check_case(&(Case){ "ch12_s48", 12, 48, 1, .full = false });
    check_case(&(Case){ "ch4_s96", 4, 96, 1, .full = false });
    check_case(&(Case){ "ch4_s48_full", 4, 48, 2, .full = true });
}

/* ---- inference: no gradients, and only the outputs are kept, so that all memory is shared ---- */

/* Relative to the value where that is above 1; infinite for NaN. */
static double largest_difference(const float *values, const float *expected, size_t n) {
    double worst = 0;
    for (size_t i = 0; i < n; i++) {
        double d = fabs(values[i] - expected[i]) / (1 + fabs(expected[i]));
        if (!(d <= worst)) worst = isnan(d) ? INFINITY : d;
    }
    return worst;
}

static P2cGenerated build_alone(Bench *b, int ch, int size, int n, P2cNode **x) {
    *x = p2c_input(b->graph, "x", P2C_DIMS(n, 3, size, size));
    P2cGenerated made =
        p2c_generator(p2c_net(b->graph, b->store, "genA2B"), *x, (P2cGenerator){ .ch = ch });
    keep_outputs(&made);
    bench_finish(b);
    return made;
}

void test_generator_alone(void **state) {
    Bench b;
    P2cNode *x;
    Results expected = { 0 }, results = { 0 };
    double worst = 0;
    (void)state;
    run_case(&(Case){ "ch8_s64", 8, 64, 2, .full = false }, 0, 0, &expected);
    bench_open(&b, 0);
    P2cGenerated made = build_alone(&b, 8, 64, 2, &x);
    bench_picture(&b, x, "ch8_s64", NULL, "x");
    for (int run = 0; run < 2; run++) { /* the second run finds memory that the first has used */
        must(b.ctx, p2c_graph_run(b.graph));
        read_outputs(&made, &results);
    }
    /* y, cam, heatmap, twice; `expected` has x and dy first */
    for (int i = 0; i < results.count; i++) {
        const Result *e = &expected.items[2 + i % 3], *r = &results.items[i];
        assert_string_equal(e->name, r->name);
        worst = fmax(worst, largest_difference(r->values, e->values, p2c_dims_count(e->dims)));
    }
    assert_true(worst < 1e-5);
    results_clear(&results);
    results_clear(&expected);
    bench_close(&b);
}

/* Every norm is per picture, so a batch of three is three pictures. */
void test_generator_batch(void **state) {
    enum { SIZE = 48, PLANES = 3 * SIZE * SIZE };
    Bench b, one;
    P2cNode *x, *x1;
    Results all = { 0 }, each = { 0 };
    (void)state;
    bench_open(&b, 0);
    bench_open(&one, 0);
    P2cGenerated made = build_alone(&b, 4, SIZE, 3, &x), made1 = build_alone(&one, 4, SIZE, 1, &x1);
    bench_picture(&b, x, "batch", &all, "x");
    must(b.ctx, p2c_graph_run(b.graph));
    read_outputs(&made, &all);
    for (int i = 0; i < 3; i++) {
        must(one.ctx, p2c_node_write(x1, all.items[0].values + i * PLANES));
        must(one.ctx, p2c_graph_run(one.graph));
        read_outputs(&made1, &each);
    }
    double worst = 0;
    for (int i = 0; i < each.count; i++) {
        size_t n = p2c_dims_count(each.items[i].dims);
        worst = fmax(worst, largest_difference(all.items[1 + i % 3].values + i / 3 * n,
                                               each.items[i].values, n));
    }
    print_message("    a batch of three differs from three pictures by %.1e\n", worst);
    assert_true(worst < 1e-5);
    /* the three pictures are different */
    assert_true(fabs(all.items[1].values[0] - all.items[1].values[PLANES]) > 1e-3);
    results_clear(&all);
    results_clear(&each);
    bench_close(&one);
    bench_close(&b);
}

void test_generator_threads(void **state) {
    Results one = { 0 }, two = { 0 };
    Case c = { "ch4_s48_full", 4, 48, 2, .full = true, .everything = true };
    (void)state;
    run_case(&c, 1, 0, &one);
    run_case(&c, 2, 0, &two);
    assert_int_equal(one.count, two.count);
    for (int i = 0; i < one.count; i++)
        if (memcmp(one.items[i].values, two.items[i].values,
                   p2c_dims_count(one.items[i].dims) * sizeof(float)))
            fail_msg("%s: 1 and 2 threads give different bits", one.items[i].name);
    results_clear(&one);
    results_clear(&two);
}

/* ---- refusals ---- */

void test_generator_refuses(void **state) {
    static const struct {
        int n, c, h, w, ch;
        bool full;
        P2cStatus status;
        const char *words;
    } cases[] = {
        { 1, 3, 16, 16, 8, false, P2C_ERR_SHAPE, "generator|at least 32|got 16|try 32" },
        { 1, 3, 72, 72, 8, false, P2C_ERR_SHAPE, "generator|divisible by 16|got 72|try 64" },
        { 1, 3, 64, 48, 8, false, P2C_ERR_SHAPE, "generator|square|(1,3,64,48)" },
        { 2, 4, 64, 64, 8, false, P2C_ERR_SHAPE, "generator|(n,3,s,s)|(2,4,64,64)" },
        { 1, 3, 64, 64, 6, false, P2C_ERR_ARGUMENT, "generator|ch|divisible by 4|got 6" },
        { 1, 3, 64, 64, 0, false, P2C_ERR_ARGUMENT, "generator|ch|got 0" },
        { 1, 3, 64, 64, -4, false, P2C_ERR_ARGUMENT, "generator|ch|got -4" },
        { 1, 3, 64, 64, 1 << 30, false, P2C_ERR_ARGUMENT, "generator|ch|got 1073741824" },
        { 1, 3, 64, 64, 1028, false, P2C_ERR_ARGUMENT, "generator|from 4 to 1024|got 1028" },
        { 1, 3, 1456, 1456, 32, true, P2C_ERR_SHAPE, "generator|too large|1456" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Bench b;
        bench_open(&b, 0);
        P2cNode *x =
            p2c_input(b.graph, "x", P2C_DIMS(cases[i].n, cases[i].c, cases[i].h, cases[i].w));
        P2cGenerator options = { .ch = cases[i].ch, .full = cases[i].full };
        P2cGenerated made = p2c_generator(p2c_net(b.graph, b.store, "genA2B"), x, options);
        assert_null(made.image);
        assert_int_equal(p2c_store_count(b.store), 0);
        p2c_output(made.image);
        bench_must_refuse(&b, cases[i].status, cases[i].words);
        bench_close(&b);
    }
}

/* ---- options from weights ---- */

static P2cValue *weights_of(Bench *b, P2cGenerator options, int size) {
    P2cValue *dict = NULL;
    p2c_generator(p2c_net(b->graph, b->store, "g"),
                  p2c_input(b->graph, "x", P2C_DIMS(1, 3, size, size)), options);
    must(b->ctx, p2c_store_save(b->store, "g", &dict));
    return dict;
}

static void check_options(P2cGenerator made, int size, int expected_size) {
    Bench b;
    P2cGenerator found = { .ch = -1 };
    int found_size = -1;
    bench_open(&b, 0);
    P2cValue *dict = weights_of(&b, made, size);
    must(b.ctx, p2c_generator_options(b.ctx, dict, &found, &found_size));
    assert_int_equal(found.ch, made.ch);
    assert_int_equal(found.full, made.full);
    assert_int_equal(found_size, expected_size);
    p2c_value_free(&dict);
    bench_close(&b);
}

/* Sets one tensor of a state dict to another shape (rank 0: removes it, by an empty dict) and
 * expects words in the error. */
static void check_misfit(const char *name, P2cShape shape, P2cStatus status, const char *word) {
    Bench b;
    P2cGenerator options;
    int size;
    bench_open(&b, 0);
    P2cValue *dict = weights_of(&b, (P2cGenerator){ .ch = 4 }, 32);
    P2cValue *other = shape.rank ? p2c_value_tensor(P2C_F32, shape, NULL) : p2c_value_dict();
    must(b.ctx, p2c_value_set(dict, name, other));
    assert_int_equal(p2c_generator_options(b.ctx, dict, &options, &size), status);
    if (!strstr(p2c_error(b.ctx), word))
        fail_msg("'%s' is not in the error: %s", word, p2c_error(b.ctx));
    p2c_value_free(&dict);
    bench_close(&b);
}

void test_generator_options(void **state) {
    Bench b;
    P2cGenerator options;
    int size;
    (void)state;
    check_options((P2cGenerator){ .ch = 4 }, 32, 0);
    check_options((P2cGenerator){ .ch = 12 }, 48, 0);
    check_options((P2cGenerator){ .ch = 4, .full = true }, 32, 32);
    check_options((P2cGenerator){ .ch = 8, .full = true }, 48, 48);

    check_misfit("ConvBlock1.1.weight", (P2cShape){ 0 }, P2C_ERR_FORMAT, "ConvBlock1.1.weight");
    check_misfit("FC.0.weight", (P2cShape){ 0 }, P2C_ERR_FORMAT, "FC.0.weight");
    check_misfit("FC.0.weight", (P2cShape){ 1, { 16 } }, P2C_ERR_FORMAT, "FC.0.weight");
    check_misfit("ConvBlock1.1.weight", (P2cShape){ 4, { 6, 3, 7, 7 } }, P2C_ERR_SHAPE,
                 "divisible by 4, got (6,3");
    check_misfit("ConvBlock1.1.weight", (P2cShape){ 4, { 8, 3, 7, 7 } }, P2C_ERR_SHAPE,
                 "FC.0.weight must be (32,32)");
    /* not a square */
    check_misfit("FC.0.weight", (P2cShape){ 2, { 16, 16 * 63 } }, P2C_ERR_SHAPE, "got (16,1008)");
    /* size 36 */
    check_misfit("FC.0.weight", (P2cShape){ 2, { 16, 16 * 9 * 9 } }, P2C_ERR_SHAPE,
                 "got (16,1296)");
    /* size 16 */
    check_misfit("FC.0.weight", (P2cShape){ 2, { 16, 16 * 4 * 4 } }, P2C_ERR_SHAPE, "got (16,256)");

    bench_open(&b, 0);
    P2cValue *checkpoint = p2c_value_dict(), *text = p2c_value_string("weights");
    must(b.ctx, p2c_value_set(checkpoint, "genA2B", p2c_value_dict()));
    assert_int_equal(p2c_generator_options(b.ctx, checkpoint, &options, &size), P2C_ERR_FORMAT);
    assert_non_null(strstr(p2c_error(b.ctx), "genA2B"));
    assert_int_equal(p2c_generator_options(b.ctx, text, &options, &size), P2C_ERR_FORMAT);
    assert_int_equal(p2c_generator_options(b.ctx, NULL, &options, &size), P2C_ERR_FORMAT);
    p2c_value_free(&checkpoint);
    p2c_value_free(&text);
    bench_close(&b);
}

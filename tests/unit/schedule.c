/* schedule.c (test): two networks that train side by side, on a device that is the CPU with several
 * streams. In any order that the streams and their waits allow, every bit must be as on the CPU. */
#include "world.h"

#include <stdlib.h>
#include <string.h>

#include "graph/graph.h"

enum { SIZE = 32, RUNS = 3, PIXELS = 3 * SIZE * SIZE };

/* ---- the device ------------------------------------------------------------------------------ */

static P2cDevice streamed;
static uint64_t disorder; /* 0: the order of the steps; otherwise a seed */
static bool heeds_waits;
static int overtaken, streams_used;

static int next_random(int below) {
    disorder = disorder * 6364136223846793005u + 1442695040888963407u;
    return (int)((disorder >> 33) % (unsigned)below);
}

static bool may_run(const P2cStep *step, const bool *done) {
    for (int k = 0; k < P2C_MAX_STREAMS && heeds_waits; k++)
        if (step->waits[k] >= 0 && !done[step->waits[k]]) return false;
    return true;
}

/* The next step of `stream` from `at` on, or the number of steps if there is none. */
static int next_in_stream(const P2cGraph *graph, int stream, int at) {
    while (at < graph->step_count && graph->steps[at].stream != stream) at++;
    return at;
}

/* Runs steps one by one, each from a random stream whose next step need not wait. */
static void run_disordered(const P2cGraph *graph) {
    bool *done = calloc((size_t)graph->step_count + 1, sizeof *done);
    int at[P2C_MAX_STREAMS], newest = -1;
    assert_non_null(done);
    for (int k = 0; k < P2C_MAX_STREAMS; k++) at[k] = next_in_stream(graph, k, 0);
    for (int count = 0; count < graph->step_count;) {
        int stream = next_random(P2C_MAX_STREAMS), i = at[stream];
        streams_used |= 1 << stream;
        if (i == graph->step_count || !may_run(&graph->steps[i], done)) continue;
        p2c_issue_step(graph, &graph->steps[i]);
        done[i] = true;
        overtaken += i < newest;
        newest = i > newest ? i : newest;
        at[stream] = next_in_stream(graph, stream, i + 1);
        count++;
    }
    free(done);
}

static P2cStatus run_streamed(P2cContext *ctx, P2cRecording *recording) {
    (void)ctx;
    const P2cGraph *graph = recording->of;
    if (disorder) run_disordered(graph);
    else recording->issue(recording->of);
    memcpy(recording->here, recording->there, recording->bytes);
    return P2C_OK;
}

static void enter_nothing(P2cContext *ctx, int stream, const int waits[P2C_MAX_STREAMS]) {
    (void)ctx, (void)stream, (void)waits;
}
static void mark_nothing(P2cContext *ctx, int mark) { (void)ctx, (void)mark; }

static void use_lanes(P2cContext *ctx) {
    streamed = *p2c_cpu_device_at(p2c_cpu_device_count() - 1);
    streamed.streams = P2C_MAX_STREAMS;
    streamed.run = run_streamed;
    streamed.enter_stream = enter_nothing;
    streamed.record_event = mark_nothing;
    ctx->device = &streamed;
}

/* ---- the training ---------------------------------------------------------------------------- */

typedef struct Result {
    int count;
    float *values; /* of all parameters, and the last loss */
    double steps;
} Result;

/* Two generators in both directions, one loss for each and one for both. */
static P2cNode *build(P2cGraph *g, P2cStore *store, P2cAdam *adam, P2cNode *in[2]) {
    P2cNet nets[2] = { p2c_net(g, store, "there"), p2c_net(g, store, "back") };
    P2cGenerator options = { .ch = 4 };
    in[0] = p2c_input(g, "a", P2C_DIMS(1, 3, SIZE, SIZE));
    in[1] = p2c_input(g, "b", P2C_DIMS(1, 3, SIZE, SIZE));
    P2cNode *fake_b = p2c_generator(nets[0], in[0], options).image,
            *fake_a = p2c_generator(nets[1], in[1], options).image;
    P2cNode *again_a = p2c_generator(nets[1], fake_b, options).image,
            *again_b = p2c_generator(nets[0], fake_a, options).image;
    P2cNode *loss = p2c_add(p2c_l1_loss(again_a, in[0]), p2c_l1_loss(again_b, in[1]));
    loss = p2c_output(
        p2c_add(loss, p2c_add(p2c_mse_loss(fake_a, in[0]), p2c_mse_loss(fake_b, in[1]))));
    p2c_minimize(loss, 2, nets, adam, NULL);
    return loss;
}

static Result train(P2cContext *ctx) {
    P2cStore *store = NULL;
    P2cGraph *g = NULL;
    P2cAdam adam = { .lr = 1e-3, .beta1 = 0.5, .beta2 = 0.999, .eps = 1e-8 };
    P2cNode *in[2];
    static float pixels[PIXELS];
    OK(p2c_store_new(&store, ctx, 3));
    OK(p2c_graph_new(&g, ctx));
    P2cNode *loss = build(g, store, &adam, in);
    OK(p2c_graph_finish(g));
    for (int run = 0; run < RUNS; run++) {
        for (int k = 0; k < 2; k++) {
            for (int i = 0; i < PIXELS; i++)
                pixels[i] = (float)((i * (7 + k) + run * 31) % 101) / 50 - 1;
            OK(p2c_node_write(in[k], pixels));
        }
        OK(p2c_graph_run(g));
    }
    Result r = { .count = 1 };
    for (int i = 0; i < p2c_store_count(store); i++)
        r.count += (int)p2c_dims_count(p2c_store_dims(store, i));
    assert_non_null(r.values = malloc((size_t)r.count * sizeof *r.values));
    OK(p2c_node_read(loss, r.values));
    for (int i = 0, at = 1; i < p2c_store_count(store); i++) {
        OK(p2c_store_read(store, i, r.values + at));
        at += (int)p2c_dims_count(p2c_store_dims(store, i));
    }
    r.steps = (double)adam.step;
    p2c_graph_free(&g);
    p2c_store_free(&store);
    return r;
}

static bool same(const Result *a, const Result *b) {
    return a->count == b->count && a->steps == b->steps &&
           !memcmp(a->values, b->values, (size_t)a->count * sizeof *a->values);
}

/* ---- the tests ------------------------------------------------------------------------------- */

static Result on_cpu(void) {
    P2cContext *ctx = NULL;
    assert_int_equal(p2c_context_new(&ctx, "cpu", 2), P2C_OK);
    Result r = train(ctx);
    p2c_context_free(&ctx);
    return r;
}

static Result on_lanes(uint64_t seed, bool heeds) {
    P2cContext *ctx = NULL;
    assert_int_equal(p2c_context_new(&ctx, "cpu", 2), P2C_OK);
    use_lanes(ctx);
    disorder = seed;
    heeds_waits = heeds;
    Result r = train(ctx);
    p2c_context_free(&ctx);
    return r;
}

static void same_bits_in_any_order(void **state) {
    (void)state;
    Result cpu = on_cpu();
    assert_true(cpu.steps == RUNS);
    overtaken = streams_used = 0;
    for (uint64_t seed = 0; seed < 4; seed++) {
        Result r = on_lanes(seed, true);
        if (!same(&cpu, &r)) fail_msg("seed %d: other bits than on the CPU", (int)seed);
        free(r.values);
    }
    print_message("    %d of the steps of 3 runs of 3 were overtaken\n", overtaken);
    assert_true(overtaken > 1000 && streams_used == (1 << P2C_MAX_STREAMS) - 1);
    free(cpu.values);
}

/* Without the waits the result is wrong, so the test above can fail. */
static void without_waits_it_goes_wrong(void **state) {
    (void)state;
    Result cpu = on_cpu(), r = on_lanes(1, false);
    assert_false(same(&cpu, &r));
    free(cpu.values);
    free(r.values);
}

extern const size_t p2c_tests_schedule_count;
const struct CMUnitTest p2c_tests_schedule[] = { cmocka_unit_test(same_bits_in_any_order),
                                                 cmocka_unit_test(without_waits_it_goes_wrong) };
const size_t p2c_tests_schedule_count = COUNT(p2c_tests_schedule);

/* widen.c (test): widened networks compute what the small ones did, until noise parts copies. */
#include "../../train/widen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runs.h"

enum { CH = 4, MOST = 3 * 256 * 256 };
#define OK(call) assert_int_equal(call, P2C_OK)

/* A network that runs on a drawn picture. */
typedef struct Network {
    const char *name; /* genA2B, genB2A, disGA, disLA */
    int ch, size;
    bool full;
    /* All norms are instance norms. LIN's unbiased variance of n elements is larger by 1/n than
     * that of 2n, which shows at small sizes. */
    bool no_lin;
} Network;

/* Its picture, or map, and its logits. */
typedef struct Results {
    float image[MOST], logits[2];
    int count; /* of image */
} Results;

static void write_picture(P2cNode *x, int size) {
    static float pixels[MOST];
    for (int i = 0; i < 3 * size * size; i++)
        pixels[i] = sinf(0.07f * (float)(i % size) + 3 * (float)(i / size / size)) *
                        cosf(0.11f * (float)(i / size % size)) +
                    (i % 37 == 0 ? 0.3f : 0);
    OK(p2c_node_write(x, pixels));
}

/* Creates its parameters in the store. weights: NULL, or what to load first. */
static void compute(P2cContext *ctx, P2cStore *store, Network n, const P2cValue *weights,
                    Results *r) {
    P2cGraph *graph;
    P2cNode *out[2];
    OK(p2c_graph_new(&graph, ctx));
    P2cNode *x = p2c_input(graph, "x", P2C_DIMS(1, 3, n.size, n.size));
    P2cNet net = p2c_net(graph, store, n.name);
    if (n.name[0] == 'g') {
        P2cGenerated g = p2c_generator(net, x, (P2cGenerator){ .ch = n.ch, .full = n.full });
        out[0] = p2c_output(g.image), out[1] = p2c_output(g.cam);
    } else {
        P2cDiscriminator options = { .layers = n.name[3] == 'G' ? 7 : 5, .ch = n.ch };
        P2cJudged j = p2c_discriminator(net, x, options);
        out[0] = p2c_output(j.map), out[1] = p2c_output(j.cam);
    }
    OK(p2c_graph_finish(graph));
    if (weights) OK(p2c_store_load(store, n.name, weights));
    write_picture(x, n.size);
    OK(p2c_graph_run(graph));
    OK(p2c_node_read(out[0], r->image));
    OK(p2c_node_read(out[1], r->logits));
    r->count = (int)p2c_dims_count(p2c_node_dims(out[0]));
    p2c_graph_free(&graph);
}

/* Every parameter differs from its neighbours, as after a training: what starts as zeros or ones
 * would hide what becomes of it. Spectral norm's vectors come from the power iteration only, so
 * they stay. */
static void spread_parameters(P2cStore *store, bool no_lin) {
    for (int i = 0; i < p2c_store_count(store); i++) {
        const char *name = p2c_store_name(store, i), *leaf = strrchr(name, '.') + 1;
        size_t n = p2c_dims_count(p2c_store_dims(store, i));
        if (!strcmp(leaf, "weight_u") || !strcmp(leaf, "weight_v")) continue;
        float *values = malloc(n * sizeof *values);
        assert_non_null(values);
        OK(p2c_store_read(store, i, values));
        bool unit = !strcmp(leaf, "rho") || !strncmp(leaf, "w_", 2),
             weight = !strncmp(leaf, "weight", 6);
        for (size_t k = 0; k < n; k++)
            values[k] = unit     ? (float)(k % 7) / 7
                        : weight ? values[k]
                                 : values[k] + 0.05f * sinf((float)k);
        for (size_t k = 0; k < n && no_lin && !strcmp(leaf, "rho"); k++) values[k] = 1;
        OK(p2c_store_write(store, i, values));
        free(values);
    }
}

/* Root mean square, relative to that of x. */
static double relative_difference(const float *x, const float *y, int count) {
    double difference = 0, size = 0;
    for (int i = 0; i < count; i++) {
        difference += ((double)x[i] - (double)y[i]) * ((double)x[i] - (double)y[i]);
        size += (double)x[i] * (double)x[i];
    }
    return sqrt(difference / size);
}

/* Runs the network, then what is widened from it, with that noise. Returns the larger relative
 * difference of picture and logits. */
static double difference(P2cContext *ctx, Network n, double noise) {
    static Results small, wide;
    P2cStore *store, *wider;
    P2cValue *weights, *widened;
    OK(p2c_store_new(&store, ctx, 3));
    OK(p2c_store_new(&wider, ctx, 4));
    compute(ctx, store, n, NULL, &small);
    spread_parameters(store, n.no_lin);
    OK(p2c_store_save(store, n.name, &weights));
    compute(ctx, store, n, NULL, &small);
    n.ch *= 2;
    compute(ctx, wider, n, NULL, &wide); /* makes its parameters */
    OK(widen_network(wider, n.name, weights, noise, 5, &widened));
    compute(ctx, wider, n, widened, &wide);
    assert_int_equal(small.count, wide.count);
    double image = relative_difference(small.image, wide.image, small.count),
           logits = relative_difference(small.logits, wide.logits, 2);
    print_message("%s%s ch %d to %d, noise %g: image %.2g, logits %.2g\n", n.name,
                  n.full ? " (full)" : "", n.ch / 2, n.ch, noise, image, logits);
    p2c_value_free(&weights);
    p2c_value_free(&widened);
    p2c_store_free(&store);
    p2c_store_free(&wider);
    return fmax(image, logits);
}

static const Network networks[] = { { "genA2B", CH, 128, .full = false, .no_lin = true },
                                    { "genB2A", CH, 128, .full = true, .no_lin = true },
                                    { "genA2B", CH, 256, .full = false },
                                    { "disGA", CH, 128, .full = false },
                                    { "disLA", CH, 128, .full = false } };
enum { NETWORK_COUNT = sizeof networks / sizeof *networks };

/* Convolutions that round less: hourglasses of random weights enlarge small differences. */
static void computes_the_same(void **state) {
    Runs *runs = *state;
    p2c_context_set_exact_convolutions(runs->ctx, true);
    for (int i = 0; i < NETWORK_COUNT; i++) {
        Network n = networks[i];
        assert_true(difference(runs->ctx, n, 0) <= (*n.name == 'g' && !n.no_lin ? 5e-5 : 1e-5));
    }
}

static void noise_parts_copies(void **state) {
    Runs *runs = *state;
    for (int i = 0; i < NETWORK_COUNT; i++) {
        double d = difference(runs->ctx, networks[i], 0.02);
        assert_true(d > 1e-3 && d < 0.5);
    }
}

/* The seed decides about the noise. What does not fit is passed on, to be named where it is
 * loaded. */
static void seeds_and_misfits(void **state) {
    Runs *runs = *state;
    static Results unused;
    P2cStore *store, *wider;
    P2cValue *weights, *a, *b, *c, *bad;
    Network n = { "disLA", CH, 128, .full = false };
    OK(p2c_store_new(&store, runs->ctx, 3));
    OK(p2c_store_new(&wider, runs->ctx, 4));
    compute(runs->ctx, store, n, NULL, &unused);
    OK(p2c_store_save(store, n.name, &weights));
    n.ch *= 2;
    compute(runs->ctx, wider, n, NULL, &unused);
    OK(widen_network(wider, n.name, weights, 0.02, 5, &a));
    OK(widen_network(wider, n.name, weights, 0.02, 5, &b));
    OK(widen_network(wider, n.name, weights, 0.02, 6, &c));
    assert_true(same_tree(a, b) && !same_tree(a, c));
    assert_int_equal(p2c_store_check(wider, n.name, a), P2C_OK);
    OK(p2c_value_set(weights, "conv1x1.bias",
                     p2c_value_tensor(P2C_F32, (P2cShape){ .rank = 1, .size = { 5 } }, NULL)));
    OK(widen_network(wider, n.name, weights, 0.02, 5, &bad));
    assert_int_equal(p2c_store_check(wider, n.name, bad), P2C_ERR_SHAPE);
    assert_error_says(runs->ctx, "1 tensor: misshapen conv1x1.bias has shape (5), expected (64)");
    P2cValue *all[] = { weights, a, b, c, bad };
    for (int i = 0; i < 5; i++) p2c_value_free(&all[i]);
    p2c_store_free(&store);
    p2c_store_free(&wider);
}

/* The published class takes a widened generator, strictly. */
static void torch_loads_it(void **state) {
    Runs *runs = *state;
    static Results unused;
    char command[RUN_FILE + 256];
    P2cStore *store, *wider;
    P2cValue *weights, *widened;
    Network n = { "genA2B", CH, 64, .full = false };
    if (!have_file("../shared/oracle/p2c_torch.py") ||
        system("python3 -c 'import torch' >/dev/null 2>&1")) {
        print_message("SKIPPED: no ../shared/oracle or no python3 with torch, so that PyTorch does "
                      "not read a widened generator\n");
        skip();
    }
    OK(p2c_store_new(&store, runs->ctx, 3));
    OK(p2c_store_new(&wider, runs->ctx, 4));
    compute(runs->ctx, store, n, NULL, &unused);
    OK(p2c_store_save(store, n.name, &weights));
    n.ch *= 2;
    compute(runs->ctx, wider, n, NULL, &unused);
    OK(widen_network(wider, n.name, weights, 0.02, 5, &widened));
    OK(p2c_pt_write(runs->ctx, runs_path(runs, "wide.pt"), widened));
    snprintf(command, sizeof command,
             "python3 -c 'import sys, torch; sys.path.insert(0, \"../shared/oracle\"); "
             "from p2c_torch import Generator; "
             "Generator(8, 64).load_state_dict(torch.load(\"%s\"), strict=True)'",
             runs->path);
    assert_int_equal(system(command), 0);
    p2c_value_free(&weights);
    p2c_value_free(&widened);
    p2c_store_free(&store);
    p2c_store_free(&wider);
}

const struct CMUnitTest p2c_tests_widen[] = { RUNS_TEST(computes_the_same),
                                              RUNS_TEST(noise_parts_copies),
                                              RUNS_TEST(seeds_and_misfits),
                                              RUNS_TEST(torch_loads_it) };
const size_t p2c_tests_widen_count = sizeof p2c_tests_widen / sizeof *p2c_tests_widen;

/* keys.c (test): names, shapes and types of the parameters, in the published order
 * (data/keys_*.tsv), and their initial values. */
#include "golden.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the networks at their real size, built but not run ---- */

static void build_light(P2cNet net) {
    p2c_generator(net, p2c_input(net.graph, "x", P2C_DIMS(1, 3, 256, 256)),
                  (P2cGenerator){ .ch = 32 });
}
static void build_full(P2cNet net) {
    p2c_generator(net, p2c_input(net.graph, "x", P2C_DIMS(1, 3, 256, 256)),
                  (P2cGenerator){ .ch = 32, .full = true });
}
static void build_7(P2cNet net) {
    p2c_discriminator(net, p2c_input(net.graph, "x", P2C_DIMS(1, 3, 256, 256)),
                      (P2cDiscriminator){ .layers = 7, .ch = 32 });
}
static void build_5(P2cNet net) {
    p2c_discriminator(net, p2c_input(net.graph, "x", P2C_DIMS(1, 3, 256, 256)),
                      (P2cDiscriminator){ .layers = 5, .ch = 32 });
}
static void build_face(P2cNet net) {
    p2c_mobilefacenet(net, p2c_input(net.graph, "x", P2C_DIMS(1, 3, 112, 112)));
}
static void build_face96(P2cNet net) {
    p2c_face_embedding(net, p2c_input(net.graph, "x", P2C_DIMS(1, 3, 112, 112)),
                       P2C_FACENET_XIAOCCER);
}

static const struct Network {
    const char *file;
    void (*build)(P2cNet net);
} networks[] = {
    { "generator_light", build_light }, { "generator_full", build_full },
    { "discriminator_7", build_7 },     { "discriminator_5", build_5 },
    { "mobilefacenet", build_face },    { "mobilefacenet_xiaoccer", build_face96 },
};
enum { NETWORKS = sizeof networks / sizeof *networks };

static void open_network(Bench *b, const struct Network *network) {
    bench_open(b, 0);
    network->build(p2c_net(b->graph, b->store, "net"));
}

/* ---- keys ---- */

/* "32,3,7,7"; a scalar is "" */
static void shape_text(const int *sizes, int rank, char text[64]) {
    int used = 0;
    text[0] = 0;
    for (int i = 0; i < rank; i++)
        used += snprintf(text + used, 64 - used, i ? ",%d" : "%d", sizes[i]);
}

static void check_line(const Bench *b, const P2cValue *dict, int i, char *line) {
    char *name = line, *shape = strchr(line, '\t'), *type, ours[64];
    assert_non_null(shape);
    *shape++ = 0;
    type = strchr(shape, '\t');
    assert_non_null(type);
    *type++ = 0;
    type[strcspn(type, "\r\n")] = 0;

    P2cDims dims = p2c_store_dims(b->store, i);
    shape_text(dims.d, dims.rank, ours);
    assert_string_equal(p2c_store_name(b->store, i) + strlen("net."), name);
    assert_string_equal(ours, shape);
    assert_string_equal(p2c_value_key(dict, i), name);
    const P2cValue *tensor = p2c_value_at(dict, i);
    P2cShape saved = p2c_value_shape(tensor);
    int sizes[P2C_MAX_RANK];
    for (int k = 0; k < saved.rank; k++) sizes[k] = (int)saved.size[k];
    shape_text(sizes, saved.rank, ours);
    assert_string_equal(ours, shape);
    assert_string_equal(p2c_type_name(p2c_value_type(tensor)), type);
}

void test_keys(void **state) {
    (void)state;
    for (int k = 0; k < NETWORKS; k++) {
        Bench b;
        P2cValue *dict = NULL;
        char path[128], line[256];
        int count = 0;
        snprintf(path, sizeof path, "tests/golden/data/keys_%s.tsv", networks[k].file);
        FILE *f = fopen(path, "r");
        if (!f) fail_msg("%s is missing (run from the repository root)", path);
        open_network(&b, &networks[k]);
        must(b.ctx, p2c_store_save(b.store, "net", &dict));
        while (fgets(line, sizeof line, f)) {
            assert_true(count < p2c_store_count(b.store));
            check_line(&b, dict, count++, line);
        }
        assert_int_equal(count, p2c_store_count(b.store));
        assert_int_equal(count, p2c_value_count(dict));
        print_message("    %s: %d keys\n", networks[k].file, count);
        fclose(f);
        p2c_value_free(&dict);
        bench_close(&b);
    }
}

/* ---- initial values ---- */

/* Elements per output of the weight that this parameter belongs to: itself, or the weight of a
 * bias's layer. 0 for a norm's parameter. */
static size_t fan_in(const P2cStore *store, const char *name) {
    static const char *const ends[] = { "weight", "weight_orig" };
    char weight[160];
    int stem = (int)(strrchr(name, '.') - name);
    for (int k = 0; k < 2; k++) {
        snprintf(weight, sizeof weight, "%.*s.%s", stem, name, ends[k]);
        int i = p2c_store_find(store, weight);
        if (i < 0) continue;
        P2cDims dims = p2c_store_dims(store, i);
        if (dims.rank >= 2) return p2c_dims_count(dims) / (size_t)dims.d[0];
    }
    return 0;
}

/* A vector named "weight" is a batch norm's, which keeps a running mean, or a PReLU's. */
static bool is_prelu(const P2cStore *store, const char *name) {
    char mean[160];
    snprintf(mean, sizeof mean, "%.*srunning_mean", (int)(strrchr(name, '.') + 1 - name), name);
    return p2c_store_find(store, mean) < 0;
}

/* Checks for a uniform distribution in [-bound, bound): mean 0 and mean square bound^2/3, each
 * within six standard deviations. */
static void check_uniform(const char *name, const float *v, size_t n, double bound) {
    double sum = 0, squares = 0, largest = 0;
    for (size_t i = 0; i < n; i++) {
        sum += v[i];
        squares += (double)v[i] * v[i];
        largest = fmax(largest, fabs(v[i]));
    }
    double mean_error = fabs(sum / n) / (bound / sqrt(3.0 * n));
    double square_error =
        fabs(squares / n - bound * bound / 3) / (bound * bound * sqrt(4.0 / 45 / n));
    if (largest > bound * 1.000001 || mean_error > 6 || square_error > 6 ||
        (n > 1000 && largest < 0.98 * bound))
        fail_msg("%s: not uniform within %g: largest %g, mean off by %.1f, mean square by %.1f "
                 "deviations",
                 name, bound, largest, mean_error, square_error);
}

static void check_constant(const char *name, const float *v, size_t n, float expected) {
    for (size_t i = 0; i < n; i++)
        if (v[i] != expected) fail_msg("%s: starts at %g, expected %g", name, v[i], expected);
}

static void check_unit(const char *name, const float *v, size_t n) {
    double squares = 0, fourth = 0;
    for (size_t i = 0; i < n; i++) squares += (double)v[i] * v[i], fourth += pow(v[i], 4);
    if (fabs(squares - 1) > 1e-5) fail_msg("%s: length %g, expected 1", name, sqrt(squares));
    /* the normalised fourth moment is 3 for a normal distribution and 1.8 for a uniform one */
    if (n > 1000 && fabs(fourth * n - 3) > 6 * sqrt(96.0 / n))
        fail_msg("%s: fourth moment %g, expected 3", name, fourth * n);
}

static void check_start(const P2cStore *store, int i) {
    static const struct {
        const char *leaf;
        float value;
    } constants[] = {
        { "w_gamma", 0 },
        { "w_beta", 0 },
        { "gamma", 1 },
        { "beta", 0 },
        { "running_mean", 0 },
        { "running_var", 1 },
        { "num_batches_tracked", 0 },
    };
    const char *name = p2c_store_name(store, i), *leaf = strrchr(name, '.') + 1;
    size_t n = p2c_dims_count(p2c_store_dims(store, i)), fan = fan_in(store, name);
    float *v = malloc(n * sizeof *v);
    assert_non_null(v);
    assert_int_equal(p2c_store_read(store, i, v), P2C_OK);
    int k = 0, known = sizeof constants / sizeof *constants;
    while (k < known && strcmp(leaf, constants[k].leaf)) k++;
    if (k < known) check_constant(name, v, n, constants[k].value);
    /* AdaLIN, LIN */
    else if (!strcmp(leaf, "rho"))
        check_constant(name, v, n, strstr(name, "DecodeBlock") ? 0.9f : 0);
    else if (!strcmp(leaf, "weight_u") || !strcmp(leaf, "weight_v")) check_unit(name, v, n);
    else if (fan) check_uniform(name, v, n, 1 / sqrt((double)fan));
    else if (is_prelu(store, name)) check_constant(name, v, n, 0.25f);
    else check_constant(name, v, n, strcmp(leaf, "bias") ? 1 : 0); /* batch norm */
    free(v);
}

void test_initial_values(void **state) {
    (void)state;
    for (int k = 0; k < NETWORKS; k++) {
        Bench b;
        /* it has 70 million values, and only one tensor differs from the light one */
        if (networks[k].build == build_full) continue;
        open_network(&b, &networks[k]);
        assert_true(p2c_store_count(b.store) > 0);
        for (int i = 0; i < p2c_store_count(b.store); i++) check_start(b.store, i);
        bench_close(&b);
    }
}

/* state_dict.c: parameters and Adam's moments as trees and back: bit for bit, borrowed on the CPU,
 * and all or nothing. */
#include "../device.h"
#include "world.h"

#include "base/device.h"
#include "graph/params.h"
#include "support.h"

enum { STEPS = 3 };

/* The small network after some training, with a parameter that no loss depends on and one that
 * graphs cannot use. */
typedef struct Trained {
    World w;
    Small s;
    P2cAdam adam;
} Trained;

static void train(Trained *t, int steps) {
    for (int i = 0; i < steps; i++) OK(p2c_graph_run(t->w.g));
    OK(p2c_graph_wait(t->w.g));
}

static void trained_init(Trained *t, int steps) {
    P2cParam *count;
    world_init(&t->w, 1);
    t->s = small_network(&t->w);
    t->adam =
        (P2cAdam){ .lr = 1e-2, .beta1 = 0.5, .beta2 = 0.999, .eps = 1e-8, .weight_decay = 1e-4 };
    P2cNet net = p2c_net(t->w.g, t->w.store, "net");
    p2c_param(net, "unused.weight", P2C_DIMS(3, 2), P2C_KAIMING_UNIFORM);
    OK(p2c_store_param(t->w.store, "net.norm.num_batches_tracked", P2C_SCALAR,
                       (P2cInit){ .frozen = true, .int64 = true }, &count));
    count->count = (1LL << 40) + steps;
    p2c_minimize(t->s.loss, 1, &net, &t->adam, NULL);
    p2c_output(t->s.loss);
    OK(p2c_graph_finish(t->w.g));
    small_write(&t->s);
    train(t, steps);
}

static P2cValue *saved(const Trained *t, bool moments) {
    P2cValue *tree;
    OK(moments ? p2c_store_view_moments(t->w.store, "net", &tree)
               : p2c_store_view(t->w.store, "net", &tree));
    return tree;
}

static bool same_stores(const Trained *a, const Trained *b) {
    bool same = true;
    for (int moments = 0; moments < 2; moments++) {
        P2cValue *x = saved(a, moments), *y = saved(b, moments);
        same &= same_tree(x, y);
        p2c_value_free(&x);
        p2c_value_free(&y);
    }
    return same;
}

static void round_trip(void **state) {
    (void)state;
    Trained a, b;
    trained_init(&a, STEPS);
    trained_init(&b, 0);
    assert_false(same_stores(&a, &b));
    P2cValue *values = saved(&a, false), *moments = saved(&a, true);
    OK(p2c_store_load(b.w.store, "net", values));
    OK(p2c_store_load_moments(b.w.store, "net", moments));
    p2c_value_free(&values);
    p2c_value_free(&moments);
    assert_true(same_stores(&a, &b));
    b.adam.step = a.adam.step;
    train(&a, 1);
    assert_false(same_stores(&a, &b)); /* an update changes something */
    train(&b, 1);
    assert_true(same_stores(&a, &b));
    world_clear(&a.w);
    world_clear(&b.w);
}

static void moments_are_those_of_updated_parameters(void **state) {
    (void)state;
    Trained t;
    trained_init(&t, 1);
    P2cValue *moments = saved(&t, true);
    const P2cValue *m = p2c_value_get(moments, "exp_avg"),
                   *v = p2c_value_get(moments, "exp_avg_sq");
    assert_int_equal(p2c_value_count(moments), 2);
    assert_int_equal(p2c_value_count(m), p2c_store_count(t.w.store) - 2);
    assert_int_equal(p2c_value_count(v), p2c_value_count(m));
    assert_non_null(p2c_value_get(m, "net.first.weight"));
    assert_null(p2c_value_get(m, "net.unused.weight"));
    assert_null(p2c_value_get(m, "net.norm.num_batches_tracked"));
    /* After one step from zero: m = (1-beta1) g, v = (1-beta2) g^2, so v = m^2 (1-beta2) /
     * (1-beta1)^2. */
    const float *mi = p2c_value_data(p2c_value_get(m, "net.rho")),
                *vi = p2c_value_data(p2c_value_get(v, "net.rho"));
    for (int i = 0; i < 6; i++)
        assert_true(mi[i] != 0 && fabs(vi[i] - mi[i] * mi[i] * 0.004f) < 1e-5f * vi[i]);
    p2c_value_free(&moments);
    OK(p2c_store_view_moments(t.w.store, "other", &moments));
    assert_int_equal(p2c_value_count(p2c_value_get(moments, "exp_avg")), 0);
    p2c_value_free(&moments);
    world_clear(&t.w);
}

/* On the host a view borrows the store's own memory, so there is no second copy of the weights. */
static void views_borrow_on_the_host_alone(void **state) {
    (void)state;
    Trained t;
    if (strcmp(test_device(), "cpu")) skip();
    trained_init(&t, 1);
    const P2cParam *first = t.w.store->params[p2c_store_find(t.w.store, "net.first.weight")];
    const P2cDevice *host = t.w.ctx->device;
    /* the same functions, but p2c_device_is_host does not know this device */
    P2cDevice far = *host;
    for (int borrowed = 1; borrowed >= 0; borrowed--) {
        t.w.ctx->device = borrowed ? host : &far;
        P2cValue *values = saved(&t, false), *moments = saved(&t, true);
        const float *w = p2c_value_data(p2c_value_get(values, "first.weight"));
        const float *m =
            p2c_value_data(p2c_value_get(p2c_value_get(moments, "exp_avg"), "net.first.weight"));
        const float *v =
            p2c_value_data(p2c_value_get(p2c_value_get(moments, "exp_avg_sq"), "net.first.weight"));
        assert_int_equal(w == first->data, borrowed);
        assert_int_equal(m == first->m, borrowed);
        assert_int_equal(v == first->v, borrowed);
        size_t bytes = p2c_dims_count(first->dims) * sizeof(float);
        assert_memory_equal(w, first->data, bytes);
        assert_memory_equal(m, first->m, bytes);
        assert_memory_equal(v, first->v, bytes);
        p2c_value_free(&values);
        p2c_value_free(&moments);
    }
    t.w.ctx->device = host;
    world_clear(&t.w);
}

/* A separate tree with the same tensors, to be damaged. */
static P2cValue *copy_of(const P2cValue *value) {
    if (p2c_value_kind(value) == P2C_TENSOR)
        return p2c_value_tensor(p2c_value_type(value), p2c_value_shape(value),
                                p2c_value_data(value));
    P2cValue *dict = p2c_value_dict();
    for (size_t i = 0; i < p2c_value_count(value); i++)
        OK(p2c_value_set(dict, p2c_value_key(value, i), copy_of(p2c_value_at(value, i))));
    return dict;
}

static P2cValue *small_tensor(void) {
    return p2c_value_tensor(P2C_F32, (P2cShape){ 2, { 7, 5 } }, NULL);
}

static void misfits_change_nothing(void **state) {
    (void)state;
    Trained t, before;
    trained_init(&t, STEPS);
    trained_init(&before, STEPS);
    P2cContext *ctx = t.w.ctx;
    P2cValue *live = saved(&t, false), *dict = copy_of(live), *moments = saved(&t, true),
             *spoilt = copy_of(moments);
    OK(p2c_store_check(t.w.store, "net", dict));
    /* full names are needed there */
    assert_int_equal(p2c_store_check(t.w.store, "", dict), P2C_ERR_SHAPE);
    for (const char *const *name =
             (const char *[]){ "first.weight", "rho", "last.bias", "more", NULL };
         *name; name++)
        OK(p2c_value_set(dict, *name, small_tensor()));
    assert_int_equal(p2c_store_check(t.w.store, "net", dict), P2C_ERR_SHAPE);
    assert_error_says(ctx, "weights of net do not fit, 4 tensors: misshapen first.weight has shape "
                           "(7,5), expected (6,3,3,3); misshapen rho");
    assert_error_says(ctx, "; ...");
    assert_int_equal(p2c_store_load(t.w.store, "net", dict), P2C_ERR_SHAPE);

    P2cValue *none = p2c_value_none(), *empty = p2c_value_dict();
    const P2cValue *nothing[] = { NULL, none, empty };
    for (int i = 0; i < 3; i++) {
        assert_int_equal(p2c_store_load(t.w.store, "net", nothing[i]), P2C_ERR_SHAPE);
        assert_error_says(ctx, "10 tensors: missing first.weight;");
        assert_int_equal(p2c_store_load_moments(t.w.store, "net", nothing[i]), P2C_ERR_SHAPE);
        assert_error_says(
            ctx,
            "Adam's moments of net do not fit, 16 tensors: missing exp_avg of net.first.weight;");
    }
    P2cValue *squares = copy_of(p2c_value_get(moments, "exp_avg_sq"));
    OK(p2c_value_set(squares, "net.unused.weight", small_tensor()));
    OK(p2c_value_set(squares, "net.rho", small_tensor()));
    OK(p2c_value_set(spoilt, "exp_avg_sq", squares));
    assert_int_equal(p2c_store_load_moments(t.w.store, "net", spoilt), P2C_ERR_SHAPE);
    assert_error_says(ctx, "2 tensors: misshapen exp_avg_sq of net.rho has shape (7,5), expected "
                           "(1,6,1,1); extra exp_avg_sq of net.unused.weight");
    assert_true(same_stores(&t, &before));
    P2cValue *trees[] = { live, dict, moments, spoilt, none, empty };
    for (size_t i = 0; i < COUNT(trees); i++) p2c_value_free(&trees[i]);
    world_clear(&t.w);
    world_clear(&before.w);
}

/* Whatever type a file has, the store keeps float32, or int64 where it had that. */
static void other_types(void **state) {
    (void)state;
    Trained t;
    float bias[3];
    trained_init(&t, 0);
    P2cValue *live = saved(&t, false), *dict = copy_of(live);
    OK(p2c_value_set(
        dict, "last.bias",
        p2c_value_tensor(P2C_F64, (P2cShape){ 1, { 3 } }, (double[]){ 0.5, -2, 1e-3 })));
    OK(p2c_value_set(dict, "norm.num_batches_tracked",
                     p2c_value_tensor(P2C_I32, (P2cShape){ 0 }, &(int32_t){ 77 })));
    OK(p2c_store_load(t.w.store, "net", dict));
    read_param(&t.w, "net.last.bias", bias);
    assert_true(bias[0] == 0.5f && bias[1] == -2 && bias[2] == 1e-3f);
    /* borrowed: sees what was loaded */
    const P2cValue *count = p2c_value_get(live, "norm.num_batches_tracked");
    assert_int_equal(p2c_value_type(count), P2C_I64);
    assert_int_equal(*(const int64_t *)p2c_value_data(count), 77);
    p2c_value_free(&live);
    p2c_value_free(&dict);
    world_clear(&t.w);
}

/* ---- memory ---- */

/* The peak memory of this process since the last reset, in KiB; -1 if the system does not say. */
static long peak_memory(void) {
    char line[128];
    long peak = -1;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "VmHWM: %ld kB", &peak) == 1) break;
    if (status) fclose(status);
    return peak;
}

static bool reset_peak_memory(void) {
    FILE *refs = fopen("/proc/self/clear_refs", "w");
    return refs && (fputs("5", refs) >= 0) & (fclose(refs) == 0);
}

/* A real checkpoint is 432 MB, beside a training run of 2.9 GiB, so no part of saving may copy
 * it. */
static void saving_and_verifying_take_no_memory(void **state) {
    enum { PARAMS = 24, FLOATS = 1 << 20, MIB = 4 * PARAMS };
    Scratch *scratch = *state;
    P2cStore *store;
    P2cParam *param;
    P2cValue *tree;
    char name[32];
    if (strcmp(test_device(), "cpu")) skip();
    OK(p2c_store_new(&store, scratch->ctx, 1));
    for (int i = 0; i < PARAMS; i++) {
        snprintf(name, sizeof name, "net.%d", i);
        OK(p2c_store_param(store, name, P2C_DIMS(FLOATS), P2C_CONSTANT(1.25f), &param));
    }
    const char *path = scratch_path(scratch, "large.pt");
    if (!reset_peak_memory()) {
        print_message("SKIPPED: this system does not measure a process's peak memory\n");
        p2c_store_free(&store);
        skip();
    }
    long before = peak_memory();
    OK(p2c_store_view(store, "net", &tree));
    OK(p2c_pt_write(scratch->ctx, path, tree));
    long written = peak_memory();
    OK(p2c_pt_verify(scratch->ctx, path));
    long verified = peak_memory();
    print_message("%d MiB saved: %.1f MiB more at the peak; verified: %.1f MiB\n", MIB,
                  (double)(written - before) / 1024, (double)(verified - before) / 1024);
    assert_true(before > 0 && verified - before < 1024 * MIB / 8);
    p2c_value_free(&tree);
    p2c_store_free(&store);
}

static float first_value(const P2cStore *store, const P2cParam *param) {
    float values[4] = { 0 };
    OK(p2c_store_read(store, p2c_store_find(store, param->name), values));
    return values[0];
}

/* Copies between scopes of one store; a mismatch changes nothing. */
static void copied(void **state) {
    Scratch *scratch = *state;
    P2cStore *store;
    P2cParam *a, *b, *other;
    OK(p2c_store_new(&store, scratch->ctx, 1));
    OK(p2c_store_param(store, "a.deep.w", P2C_DIMS(3), P2C_CONSTANT(1.5f), &a));
    OK(p2c_store_param(store, "b.deep.w", P2C_DIMS(3), P2C_CONSTANT(2), &b));
    OK(p2c_store_param(store, "c.deep.w", P2C_DIMS(4), P2C_CONSTANT(3), &other));
    OK(p2c_store_copy(store, "a", "b"));
    assert_true(first_value(store, a) == 1.5f && first_value(store, b) == 1.5f &&
                first_value(store, other) == 3);
    assert_int_equal(p2c_store_copy(store, "a", "c"), P2C_ERR_SHAPE);
    assert_true(first_value(store, other) == 3);
    p2c_store_free(&store);
}

const struct CMUnitTest p2c_tests_state_dict[] = {
    TEST(copied),
    cmocka_unit_test(round_trip),
    cmocka_unit_test(moments_are_those_of_updated_parameters),
    cmocka_unit_test(views_borrow_on_the_host_alone),
    cmocka_unit_test(misfits_change_nothing),
    cmocka_unit_test(other_types),
    TEST(saving_and_verifying_take_no_memory),
};
const size_t p2c_tests_state_dict_count =
    sizeof p2c_tests_state_dict / sizeof *p2c_tests_state_dict;

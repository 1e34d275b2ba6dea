/* learning.c: a small network with batch norm in training mode, dropout, cross entropy and SGD
 * learns what PyTorch's learns, to the numbers that it gave; and a training that was interrupted
 * goes on to the same bits.
 *
 *   x (8,1,6,6) -> conv 3x3 to 4 channels -> batch norm -> ReLU -> dropout -> linear -> 3 classes
 *
 * PyTorch 2 computed the same with the masks that Philox gives for the seed of a World (7), the
 * name "net.dropout0" and the number of the step. */
#include <math.h>

#include "support.h"
#include "world.h"

enum { N = 8, CHANNELS = 4, SIDE = 6, CLASSES = 3, FLAT = CHANNELS * SIDE * SIDE };

/* Values that the other side can make, too: scale * sin(a * i + b) + shift. */
static void wave(float *values, int n, double a, double b, double scale, float shift) {
    for (int i = 0; i < n; i++) values[i] = shift + (float)(scale * sin(a * i + b));
}

typedef struct Net {
    World w;
    P2cSgd sgd;
    P2cNode *x, *classes, *logits, *loss, *squares;
} Net;

static P2cNode *normalised(P2cNet net, P2cNode *x, bool training) {
    P2cNode *weight = p2c_param(net, "weight", P2C_DIMS(CHANNELS), P2C_CONSTANT(1)),
            *bias = p2c_param(net, "bias", P2C_DIMS(CHANNELS), P2C_CONSTANT(0)),
            *mean = p2c_param(net, "running_mean", P2C_DIMS(CHANNELS), P2C_BUFFER(0)),
            *var = p2c_param(net, "running_var", P2C_DIMS(CHANNELS), P2C_BUFFER(1));
    return training ? p2c_batch_norm_train(x, weight, bias, mean, var, 0.1f, 1e-5f)
                    : p2c_batch_norm(x, weight, bias, mean, var, 1e-5f);
}

/* step NULL: evaluation */
static P2cNode *network(P2cNet net, P2cNode *x, const int64_t *step) {
    P2cNet conv = p2c_scope(net, "conv"), linear = p2c_scope(net, "linear");
    x = p2c_conv2d(x, p2c_param(conv, "weight", P2C_DIMS(CHANNELS, 1, 3, 3), P2C_CONSTANT(0)),
                   p2c_param(conv, "bias", P2C_DIMS(CHANNELS), P2C_CONSTANT(0)),
                   (P2cConv2d){ .pad = 1 });
    x = p2c_relu(normalised(p2c_scope(net, "norm"), x, step));
    x = p2c_dropout(net, p2c_reshape(x, P2C_DIMS(N, FLAT)), 0.25f, step);
    return p2c_linear(x, p2c_param(linear, "weight", P2C_DIMS(CLASSES, FLAT), P2C_CONSTANT(0)),
                      p2c_param(linear, "bias", P2C_DIMS(CLASSES), P2C_CONSTANT(0)));
}

static void set(const World *w, const char *name, int n, double a, double b, double scale,
                float shift) {
    float values[CLASSES * FLAT];
    wave(values, n, a, b, scale, shift);
    OK(p2c_store_write(w->store, p2c_store_find(w->store, name), values));
}

static void net_init(Net *n) {
    *n = (Net){ .sgd = { .lr = 0.05, .momentum = 0.9, .weight_decay = 1e-3 } };
    world_init(&n->w, 1);
    P2cNet net = p2c_net(n->w.g, n->w.store, "net");
    float x[N * SIDE * SIDE], classes[N];
    n->x = p2c_input(n->w.g, "x", P2C_DIMS(N, 1, SIDE, SIDE));
    n->classes = p2c_input(n->w.g, "classes", P2C_DIMS(N));
    n->loss = p2c_output(p2c_cross_entropy(network(net, n->x, &n->sgd.step), n->classes));
    p2c_minimize_sgd(n->loss, 1, &net, &n->sgd, &n->squares);
    OK(p2c_graph_finish(n->w.g));
    set(&n->w, "net.conv.weight", CHANNELS * 9, 0.9, 1, 0.4, 0);
    set(&n->w, "net.conv.bias", CHANNELS, 1.3, 2, 0.1, 0);
    set(&n->w, "net.norm.weight", CHANNELS, 0.7, 3, 0.2, 1);
    set(&n->w, "net.norm.bias", CHANNELS, 1.1, 4, 0.2, 0);
    set(&n->w, "net.linear.weight", CLASSES * FLAT, 1.7, 5, 0.1, 0);
    set(&n->w, "net.linear.bias", CLASSES, 0.3, 6, 0.1, 0);
    wave(x, N * SIDE * SIDE, 0.37, 0, 1, 0);
    for (int i = 0; i < N; i++) classes[i] = (float)(i % CLASSES);
    OK(p2c_node_write(n->x, x));
    OK(p2c_node_write(n->classes, classes));
}

static void check_values(const char *what, const float *got, const double *want, int n) {
    for (int i = 0; i < n; i++)
        if (!(fabs(got[i] - want[i]) <= 2e-5))
            fail_msg("%s: value %d is %.8g, PyTorch has %.8g", what, i, got[i], want[i]);
}

static void check_param(const Net *n, const char *name, const double *want, int count) {
    float got[CLASSES * FLAT];
    read_param(&n->w, name, got);
    check_values(name, got, want, count);
}

/* A second graph on the same parameters, which normalises by the running statistics and drops
 * nothing. */
static void check_evaluation(Net *n) {
    static const double want[] = { 0.883443,   1.1912012,  -1.7258322,
                                   0.11140367, 0.62737668, -0.18719029 };
    float x[N * SIDE * SIDE], got[N * CLASSES];
    wave(x, N * SIDE * SIDE, 0.37, 0, 1, 0);
    world_again(&n->w);
    P2cNode *input = p2c_input(n->w.g, "x", P2C_DIMS(N, 1, SIDE, SIDE)),
            *y = p2c_output(network(p2c_net(n->w.g, n->w.store, "net"), input, NULL));
    OK(p2c_graph_finish(n->w.g));
    OK(p2c_node_write(input, x));
    OK(p2c_graph_run(n->w.g));
    OK(p2c_node_read(y, got));
    check_values("evaluation", got, want, COUNT(want));
}

static void as_pytorch(void **state) {
    (void)state;
    static const double losses[] = {
        1.07794, 1.0230172, 1.0525551, 0.96095228, 0.91801, 0.86005682
    };
    static const double mean[] = { 0.041829586, -0.0063509317, -0.046297457, -0.018686097 },
                        var[] = { 1.1866653, 0.72745478, 1.127992, 0.88315403 },
                        weight[] = { 1.0385494, 0.90785849, 0.81662041, 0.83362764 },
                        conv[] = { 0.33543426, 0.38107565, 0.13544138, -0.21102476 },
                        bias[] = { -0.018959519, 0.027951429, -0.0041022985 };
    Net n;
    net_init(&n);
    for (size_t i = 0; i < COUNT(losses); i++) {
        OK(p2c_graph_run(n.w.g));
        float loss = (float)read_scalar(n.loss);
        check_values("loss", &loss, &losses[i], 1);
        assert_int_equal(n.sgd.step, i + 1);
    }
    check_param(&n, "net.norm.running_mean", mean, CHANNELS);
    check_param(&n, "net.norm.running_var", var, CHANNELS);
    check_param(&n, "net.norm.weight", weight, CHANNELS);
    check_param(&n, "net.conv.weight", conv, CHANNELS);
    check_param(&n, "net.linear.bias", bias, CLASSES);
    check_evaluation(&n);
    world_clear(&n.w);
}

/* ---- interrupted ---- */

static void save(const Net *n, const char *path) {
    P2cValue *all = p2c_value_dict(), *weights, *moments;
    OK(p2c_store_view(n->w.store, "", &weights));
    OK(p2c_store_view_moments(n->w.store, "", &moments));
    OK(p2c_value_set(all, "weights", weights));
    OK(p2c_value_set(all, "moments", moments));
    OK(p2c_value_set(all, "step", p2c_value_int(n->sgd.step)));
    OK(p2c_pt_write(n->w.ctx, path, all));
    p2c_value_free(&all);
}

static void load(Net *n, const char *path) {
    P2cValue *all;
    OK(p2c_pt_read(n->w.ctx, path, &all));
    OK(p2c_store_load(n->w.store, "", p2c_value_get(all, "weights")));
    OK(p2c_store_load_moments(n->w.store, "", p2c_value_get(all, "moments")));
    n->sgd.step = p2c_value_as_int(p2c_value_get(all, "step"));
    p2c_value_free(&all);
}

static void run(Net *n, int steps) {
    for (int i = 0; i < steps; i++) OK(p2c_graph_run(n->w.g));
    OK(p2c_graph_wait(n->w.g));
}

static void assert_same_bits(const Net *a, const Net *b) {
    for (int i = 0; i < p2c_store_count(a->w.store); i++) {
        float x[CLASSES * FLAT], y[CLASSES * FLAT];
        OK(p2c_store_read(a->w.store, i, x));
        OK(p2c_store_read(b->w.store, i, y));
        assert_memory_equal(x, y, p2c_dims_count(p2c_store_dims(a->w.store, i)) * sizeof *x);
    }
    assert_int_equal(a->sgd.step, b->sgd.step);
}

static void resumed(void **state) {
    const char *path = scratch_path(*state, "checkpoint.pt");
    Net whole, first, second;
    net_init(&whole);
    run(&whole, 6);
    net_init(&first);
    run(&first, 3);
    save(&first, path);
    world_clear(&first.w);
    net_init(&second);
    run(&second, 1); /* what it did before must not show */
    load(&second, path);
    run(&second, 3);
    assert_same_bits(&whole, &second);
    world_clear(&whole.w);
    world_clear(&second.w);
}

/* A checkpoint of Adam's is none of SGD's, and nothing changes. */
static void misfit(void **state) {
    (void)state;
    Net n, same;
    net_init(&n);
    net_init(&same);
    P2cValue *moments = p2c_value_dict();
    OK(p2c_value_set(moments, "exp_avg", p2c_value_dict()));
    OK(p2c_value_set(moments, "exp_avg_sq", p2c_value_dict()));
    run(&n, 2);
    run(&same, 2);
    assert_int_equal(p2c_store_load_moments(n.w.store, "", moments), P2C_ERR_SHAPE);
    assert_error_says(n.w.ctx, "SGD's momentum buffers of the network do not fit, 6 tensors: "
                               "missing momentum_buffer of net.conv.");
    run(&n, 1);
    run(&same, 1);
    assert_same_bits(&n, &same);
    p2c_value_free(&moments);
    world_clear(&n.w);
    world_clear(&same.w);
}

const struct CMUnitTest p2c_tests_learning[] = { TEST(as_pytorch), TEST(resumed), TEST(misfit) };
const size_t p2c_tests_learning_count = sizeof p2c_tests_learning / sizeof *p2c_tests_learning;

/* world.c: see world.h. */
#include "world.h"

#include "../device.h"

void world_init(World *w, int threads) {
    *w = (World){ 0 };
    OK(p2c_context_new(&w->ctx, test_device(), threads));
    OK(p2c_context_set_precision(w->ctx, P2C_PRECISION_FP32));
    OK(p2c_store_new(&w->store, w->ctx, 7));
    OK(p2c_graph_new(&w->g, w->ctx));
}

void world_clear(World *w) {
    p2c_graph_free(&w->g);
    p2c_store_free(&w->store);
    p2c_context_free(&w->ctx);
}

void world_again(World *w) {
    p2c_graph_free(&w->g);
    OK(p2c_graph_new(&w->g, w->ctx));
}

void fill_random(float *x, size_t n, float low, float high, uint64_t seed) {
    for (size_t i = 0; i < n; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX */
        x[i] = low + (high - low) * (float)(seed >> 40) / (1 << 24);
    }
}

void close_to(const float *got, const float *want, size_t n) {
    for (size_t i = 0; i < n; i++)
        assert_float_equal(got[i], want[i], 1e-5 * fmax(1, fabs(want[i])));
}

int count_passes(const P2cGraph *graph) {
    int passes = 0;
    for (int i = 0; i < graph->step_count; i++) passes += graph->steps[i].kind != P2C_STEP_FILL;
    return passes;
}

double read_scalar(const P2cNode *node) {
    float value;
    assert_int_equal(p2c_dims_count(p2c_node_dims(node)), 1);
    OK(p2c_node_read(node, &value));
    return value;
}

void read_param(const World *w, const char *name, float *values) {
    assert_true(p2c_store_find(w->store, name) >= 0);
    OK(p2c_store_read(w->store, p2c_store_find(w->store, name), values));
}

void write_param(World *w, const char *name, const float *values) {
    assert_true(p2c_store_find(w->store, name) >= 0);
    OK(p2c_store_write(w->store, p2c_store_find(w->store, name), values));
}

static P2cNode *style(P2cNet net, P2cNode *h) {
    P2cNode *pooled =
        p2c_concat(2, (P2cNode *[]){ p2c_global_avg_pool(h), p2c_global_max_pool(h) }, 1);
    return p2c_linear(pooled, p2c_param(net, "style.weight", P2C_DIMS(12, 12), P2C_KAIMING_UNIFORM),
                      p2c_param(net, "style.bias", P2C_DIMS(12), P2C_CONSTANT(0.5f)));
}

Small small_network(World *w) {
    Small s = { 0 };
    P2cNet net = p2c_net(w->g, w->store, "net");
    P2cConv2d reflect = { .pad = 1, .reflect = true };
    s.x = p2c_input(w->g, "x", P2C_DIMS(2, 3, 8, 10));
    s.t = p2c_input(w->g, "t", P2C_DIMS(2, 3, 8, 10));
    P2cNode *h =
        p2c_conv2d(s.x, p2c_param(net, "first.weight", P2C_DIMS(6, 3, 3, 3), P2C_KAIMING_UNIFORM),
                   NULL, reflect);
    s.norm = p2c_instance_norm(h, 1e-5f);
    P2cNode *skip = p2c_relu(s.norm);
    h = p2c_conv2d(p2c_avg_pool2d(skip, 2),
                   p2c_param(net, "down.weight", P2C_DIMS(6, 6, 3, 3), P2C_KAIMING_UNIFORM), NULL,
                   (P2cConv2d){ .pad = 1 });
    h = s.hidden = p2c_add(p2c_upsample_nearest(p2c_tanh(h), 2), skip);
    P2cNode *gamma_beta = style(net, h),
            *rho = p2c_param(net, "rho", P2C_DIMS(1, 6, 1, 1), P2C_CONSTANT(0.7f));
    h = p2c_leaky_relu(p2c_layer_instance_norm(h, rho, p2c_slice(gamma_beta, 1, 0, 6),
                                               p2c_slice(gamma_beta, 1, 6, 12), 1e-5f),
                       0.2f);
    P2cNode *gate =
        p2c_conv2d(h, p2c_param(net, "gate.weight", P2C_DIMS(1, 6, 1, 1), P2C_KAIMING_UNIFORM),
                   NULL, (P2cConv2d){ 0 });
    h = p2c_mul(h, p2c_sigmoid(gate));
    s.y = p2c_sigmoid(
        p2c_conv2d(h, p2c_param(net, "last.weight", P2C_DIMS(3, 6, 3, 3), P2C_KAIMING_UNIFORM),
                   p2c_param(net, "last.bias", P2C_DIMS(3), P2C_UNIFORM(0.2f)), reflect));
    s.loss = p2c_add(p2c_mse_loss(s.y, s.t), p2c_affine(p2c_l1_loss(s.y, s.t), 0.1f, 0));
    return s;
}

void small_write(const Small *s) {
    float x[SMALL], t[SMALL];
    fill_random(x, SMALL, -1, 1, 1);
    fill_random(t, SMALL, 1.5f, 2.5f, 2);
    OK(p2c_node_write(s->x, x));
    OK(p2c_node_write(s->t, t));
}

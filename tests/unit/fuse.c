/* fuse.c: patterns of operations that become one, and means and variances in passing: which ones,
 * that results stay, and where they must not. */
#include "op/conv2d.h"
#include "world.h"

/* ---- devices for the tests: the CPU, offering less or more
 * ------------------------------------- */

typedef struct Other {
    P2cDevice device;
    P2cKernel kernels[P2C_OP_COUNT];
    const P2cKernel *table[P2C_OP_COUNT];
} Other;

static const P2cDevice *cpu(void) { return p2c_device_find("cpu", &(int){ 0 }); }

/* Run parameters and results are copied, as for a device with its own memory. */
static P2cStatus run_there(P2cContext *ctx, P2cRecording *recording) {
    (void)ctx;
    memcpy(recording->there, recording->here, recording->to);
    recording->issue(recording->of);
    memcpy(recording->here, recording->there, recording->bytes);
    return P2C_OK;
}

/* folds: the patterns that its kernels still offer. */
static void other_init(Other *o, unsigned folds) {
    o->device = *cpu();
    for (int i = 0; i < P2C_OP_COUNT; i++) {
        o->kernels[i] = *cpu()->kernels[i];
        o->kernels[i].folds &= folds;
        o->table[i] = &o->kernels[i];
    }
    o->device.name = "other";
    o->device.run = run_there;
    o->device.kernels = o->table;
}

static void world_on(World *w, const Other *o, int threads) {
    *w = (World){ 0 };
    OK(p2c_context_new(&w->ctx, "cpu", threads));
    w->ctx->device = &o->device;
    OK(p2c_store_new(&w->store, w->ctx, 7));
    OK(p2c_graph_new(&w->g, w->ctx));
}

/* ---- norms ----------------------------------------------------------------------------------- */

/* conv(relu(norm(x))) or conv(norm(x)), where the norm is fused into the convolution or, with
 * `apart`, computed separately. Stores y, dx, dw; returns the number of passes. */
static int normalised_convolution(P2cConv2d options, int channels, bool relu, bool apart, float *y,
                                  float *dx, float *dw) {
    World w;
    world_init(&w, 2);
    P2cNode *x = p2c_input(w.g, "x", P2C_DIMS(2, channels, 9, 11)), *grads[2];
    P2cNode *weight = p2c_param(p2c_net(w.g, w.store, "conv"), "w",
                                P2C_DIMS(8, channels / (options.groups ? options.groups : 1), 3, 3),
                                P2C_KAIMING_UNIFORM);
    P2cNode *norm = p2c_instance_norm(x, 1e-5f), *in = relu ? p2c_relu(norm) : norm,
            *out = p2c_output(p2c_conv2d(in, weight, NULL, options));
    if (apart) p2c_output(in);
    p2c_backward(p2c_sum(p2c_mul(out, out)), 2, (P2cNode *[]){ x, weight }, grads);
    p2c_output(grads[0]), p2c_output(grads[1]);
    OK(p2c_graph_finish(w.g));
    size_t n = p2c_dims_count(p2c_node_dims(x));
    fill_random(dx, n, -1, 1, 5); /* dx holds x until it is computed */
    OK(p2c_node_write(x, dx));
    OK(p2c_graph_run(w.g));
    OK(p2c_node_read(out, y)), OK(p2c_node_read(grads[0], dx)), OK(p2c_node_read(grads[1], dw));
    int passes = count_passes(w.g);
    world_clear(&w);
    return passes;
}

/* Fusing gives the same bits with every algorithm of the convolution, and fewer passes: no norm and
 * no gradient of it. */
static void norms_read_by_convolutions(void **state) {
    (void)state;
    static const struct {
        P2cConv2d options;
        int channels;
    } ways[] = {
        { { .pad = 1, .reflect = true }, 6 },
        { { .pad = 1 }, 6 },
        { { .stride = 2, .pad = 1, .reflect = true }, 6 },
        { { .stride = 2, .pad = 3 }, 6 },
        { { .groups = 2 }, 6 },
        /* by im2col */
        { { .pad = 2, .reflect = true }, 4000 },
        { { .stride = 2, .pad = 1 }, 4000 },
    };
    enum { Y = 2 * 8 * 13 * 15, X = 2 * 4000 * 9 * 11, W = 8 * 4000 * 9 };
    float *memory = calloc(2 * (Y + X + W), sizeof *memory);
    assert_non_null(memory);
    for (size_t i = 0; i < 2 * COUNT(ways); i++) {
        int passes[2];
        float *y[2] = { memory, memory + Y }, *dx[2] = { memory + 2 * Y, memory + 2 * Y + X },
              *dw[2] = { memory + 2 * (Y + X), memory + 2 * (Y + X) + W };
        for (int apart = 0; apart < 2; apart++)
            passes[apart] = normalised_convolution(ways[i / 2].options, ways[i / 2].channels, i % 2,
                                                   apart, y[apart], dx[apart], dw[apart]);
        assert_int_equal(passes[1], passes[0] + 2);
        assert_memory_equal(y[0], y[1], Y * sizeof(float));
        assert_memory_equal(dx[0], dx[1], X * sizeof(float));
        assert_memory_equal(dw[0], dw[1], W * sizeof(float));
    }
    free(memory);
}

/* If two convolutions read a norm, it is fused into both. If a third reader is not a convolution,
 * it is computed once and read by all. */
static void norms_read_by_two(void **state) {
    (void)state;
    enum { X = 2 * 6 * 9 * 11 };
    float sum[3], dx[3][X];
    int passes[3];
    /* 0: only convolutions; 1: kept apart by an output; 2: a third reader */
    for (int way = 0; way < 3; way++) {
        World w;
        world_init(&w, 2);
        P2cNet net = p2c_net(w.g, w.store, "conv");
        P2cNode *x = p2c_input(w.g, "x", P2C_DIMS(2, 6, 9, 11)),
                *in = p2c_relu(p2c_instance_norm(x, 1e-5f)), *grad, *loss;
        P2cNode *a = p2c_conv2d(in, p2c_param(net, "a", P2C_DIMS(8, 6, 3, 3), P2C_KAIMING_UNIFORM),
                                NULL, (P2cConv2d){ .pad = 1, .reflect = true });
        P2cNode *b = p2c_conv2d(in, p2c_param(net, "b", P2C_DIMS(8, 6, 1, 1), P2C_KAIMING_UNIFORM),
                                NULL, (P2cConv2d){ 0 });
        loss = p2c_sum(p2c_mul(a, b));
        if (way == 1) p2c_output(in);
        if (way == 2) loss = p2c_add(loss, p2c_affine(p2c_sum(in), 0, 0));
        p2c_backward(loss, 1, &x, &grad);
        p2c_output(loss), p2c_output(grad);
        OK(p2c_graph_finish(w.g));
        passes[way] = count_passes(w.g);
        fill_random(dx[way], X, -1, 1, 5);
        OK(p2c_node_write(x, dx[way]));
        OK(p2c_graph_run(w.g));
        OK(p2c_node_read(loss, &sum[way])), OK(p2c_node_read(grad, dx[way]));
        world_clear(&w);
    }
    assert_int_equal(passes[1], passes[0] + 2);
    assert_true(passes[2] > passes[1]);
    for (int way = 1; way < 3; way++) {
        assert_true(sum[way] == sum[0]);
        close_to(dx[way], dx[0], X);
    }
}

/* Both norms fused with their ReLU, compared with the same nodes kept apart by an output in
 * between; results and gradients. */
static void fused_pairs(void **state) {
    (void)state;
    for (int layer = 0; layer < 2; layer++) {
        float y[2][48], dx[2][48], v[48];
        int passes[2];
        fill_random(v, 48, -1, 1, 3);
        for (int apart = 0; apart < 2; apart++) {
            World w;
            world_init(&w, 2);
            P2cNode *x = p2c_input(w.g, "x", P2C_DIMS(1, 2, 4, 6)),
                    *half = p2c_constant(w.g, P2C_DIMS(1, 2), 0.5f), *grad;
            P2cNode *norm = layer ? p2c_layer_instance_norm(x, half, half, half, 1e-5f)
                                  : p2c_instance_norm(x, 1e-5f),
                    *relu = p2c_relu(norm);
            if (apart) p2c_output(norm);
            p2c_backward(p2c_sum(p2c_mul(relu, p2c_mul(relu, x))), 1, &x, &grad);
            p2c_output(relu), p2c_output(grad);
            OK(p2c_graph_finish(w.g));
            passes[apart] = count_passes(w.g);
            OK(p2c_node_write(x, v));
            OK(p2c_graph_run(w.g));
            OK(p2c_node_read(relu, y[apart]));
            OK(p2c_node_read(grad, dx[apart]));
            world_clear(&w);
        }
        assert_true(passes[0] < passes[1]);
        close_to(y[0], y[1], 48);
        close_to(dx[0], dx[1], 48);
    }
}

/* Pairs that must stay apart: a leaky ReLU, a norm that is also read by something else, a norm
 * whose gradient is requested. */
static void pairs_not_fused(void **state) {
    (void)state;
    float v[6] = { -3, 1, 2, 5, -1, 0 }, norm_value[6], leaky[6], sum[6];
    World w;
    world_init(&w, 1);
    P2cNode *x = p2c_input(w.g, "x", P2C_DIMS(1, 1, 2, 3)),
            *alone = p2c_output(p2c_instance_norm(x, 1e-5f));
    P2cNode *slope = p2c_output(p2c_leaky_relu(p2c_instance_norm(x, 1e-5f), 0.5f)),
            *read = p2c_instance_norm(x, 1e-5f);
    P2cNode *both = p2c_output(p2c_add(p2c_relu(read), read));
    OK(p2c_graph_finish(w.g));
    OK(p2c_node_write(x, v));
    OK(p2c_graph_run(w.g));
    OK(p2c_node_read(alone, norm_value));
    OK(p2c_node_read(slope, leaky));
    OK(p2c_node_read(both, sum));
    for (int i = 0; i < 6; i++) {
        assert_float_equal(leaky[i], norm_value[i] > 0 ? norm_value[i] : 0.5f * norm_value[i],
                           1e-6);
        assert_float_equal(sum[i], norm_value[i] > 0 ? 2 * norm_value[i] : norm_value[i], 1e-6);
    }
    world_clear(&w);
}

/* A ReLU after any other operation stays an operation of its own. */
static void only_the_table_fuses(void **state) {
    (void)state;
    float v[3] = { -1, 0.5f, -2 }, got[3];
    World w;
    world_init(&w, 1);
    P2cNode *x = p2c_input(w.g, "x", P2C_DIMS(3)), *y = p2c_output(p2c_relu(p2c_affine(x, 2, 0))),
            *z = p2c_output(p2c_tanh(p2c_relu(x)));
    OK(p2c_graph_finish(w.g));
    assert_int_equal(p2c_graph_step_count(w.g), 4);
    OK(p2c_node_write(x, v));
    OK(p2c_graph_run(w.g));
    OK(p2c_node_read(y, got));
    for (int i = 0; i < 3; i++) assert_true(got[i] == fmaxf(2 * v[i], 0));
    OK(p2c_node_read(z, got));
    for (int i = 0; i < 3; i++) assert_true((got[i] > 0) == (v[i] > 0));
    world_clear(&w);
}

/* ---- operands of an addition or a convolution: pieces, repeated maps
 * --------------------------- */

enum { X = 2 * 8 * 6 * 6, MOST_Y = 2 * 8 * 18 * 18, MOST_W = 8 * 8 * 9 };
typedef struct Made {
    float y[MOST_Y], dx[X], dw[MOST_W];
    int passes;
} Made;

/* y from x (2,8,6,6) and parameters "net.*"; d sum(y * y) by x and by the parameter "net.w", if
 * there is one. */
static void make(Made *out, P2cNode *(*build)(World *w, P2cNode *x), const Other *o) {
    World w;
    P2cNode *grads[2];
    memset(out, 0, sizeof *out);
    world_on(&w, o, 2);
    P2cNode *x = p2c_input(w.g, "x", P2C_DIMS(2, 8, 6, 6)), *y = p2c_output(build(&w, x)),
            *weight = p2c_graph_find(w.g, "net.w");
    if (!y) fail_msg("%s", w.g->error);
    assert_true(p2c_dims_count(p2c_node_dims(y)) <= MOST_Y &&
                (!weight || p2c_dims_count(p2c_node_dims(weight)) <= MOST_W));
    p2c_backward(p2c_sum(p2c_mul(y, y)), 2, (P2cNode *[]){ x, weight }, grads);
    p2c_output(grads[0]), p2c_output(grads[1]);
    OK(p2c_graph_finish(w.g));
    fill_random(out->dx, X, -1, 1, 6);
    OK(p2c_node_write(x, out->dx)); /* dx holds x until it is computed */
    for (int run = 0; run < 2; run++) OK(p2c_graph_run(w.g));
    OK(p2c_node_read(y, out->y)), OK(p2c_node_read(grads[0], out->dx));
    if (weight) OK(p2c_node_read(grads[1], out->dw));
    out->passes = count_passes(w.g);
    world_clear(&w);
}

static P2cNode *weights(World *w, const char *name, int out, int in, int k) {
    return p2c_param(p2c_net(w->g, w->store, "net"), name, P2C_DIMS(out, in, k, k),
                     P2C_KAIMING_UNIFORM);
}

static P2cNode *next(World *w, P2cNode *x, const char *name, int out, int in) {
    return p2c_conv2d(p2c_relu(p2c_instance_norm(x, 1e-5f)), weights(w, name, out, in, 3), NULL,
                      (P2cConv2d){ .pad = 1, .reflect = true });
}

static P2cNode *pyramid(World *w, P2cNode *x, bool turned) {
    P2cNode *a = next(w, x, "w", 4, 8), *b = next(w, a, "b", 2, 4), *d = next(w, b, "d", 2, 2);
    P2cNode *all = p2c_concat(3, (P2cNode *[]){ a, b, d }, 1);
    return turned ? p2c_add(all, x) : p2c_add(x, all);
}
static P2cNode *pieces(World *w, P2cNode *x) { return pyramid(w, x, false); }
static P2cNode *pieces_turned(World *w, P2cNode *x) { return pyramid(w, x, true); }
static P2cNode *one_piece(World *w, P2cNode *x) {
    return (void)w, p2c_add(x, p2c_concat(1, &x, 1));
}
static P2cNode *channel(P2cNode *x, int c) {
    return p2c_affine(p2c_slice(x, 1, c, c + 1), 2, (float)c);
}
/* A piece that appears twice, and a vector as a piece. */
static P2cNode *same_pieces(World *w, P2cNode *x) {
    P2cNode *c = channel(x, 3);
    return (void)w,
           p2c_add(x, p2c_concat(
                          5, (P2cNode *[]){ c, p2c_slice(x, 1, 0, 3), c, p2c_slice(x, 1, 0, 2), c },
                          1));
}
static P2cNode *vectors(World *w, P2cNode *x) {
    P2cNode *v = p2c_global_avg_pool(x);
    return (void)w,
           p2c_add(v,
                   p2c_concat(2, (P2cNode *[]){ p2c_slice(v, 1, 3, 8), p2c_slice(v, 1, 0, 3) }, 1));
}
static P2cNode *seven_pieces(World *w, P2cNode *x) {
    P2cNode *c[7];
    for (int i = 0; i < 7; i++) c[i] = i ? channel(x, i) : p2c_slice(x, 1, 6, 8);
    return (void)w, p2c_add(x, p2c_concat(7, c, 1));
}
static P2cNode *level(World *w, P2cNode *x) {
    return (void)w, p2c_add(x, p2c_upsample_nearest(p2c_tanh(p2c_avg_pool2d(x, 2)), 2));
}
static P2cNode *level_turned(World *w, P2cNode *x) {
    return (void)w, p2c_add(p2c_upsample_nearest(p2c_tanh(p2c_avg_pool2d(x, 3)), 3), x);
}
/* One operand is repeated; the other is an ordinary operand. */
static P2cNode *two_repeated(World *w, P2cNode *x) {
    return (void)w, p2c_add(p2c_upsample_nearest(x, 2), p2c_upsample_nearest(p2c_tanh(x), 2));
}
static P2cNode *both(World *w, P2cNode *x) {
    P2cNode *small = p2c_avg_pool2d(x, 2);
    return (void)w,
           p2c_add(p2c_concat(2, (P2cNode *[]){ p2c_slice(x, 1, 5, 8), p2c_slice(x, 1, 0, 5) }, 1),
                   p2c_upsample_nearest(small, 2));
}

/* The result of the first pattern is not fused again. */
static P2cNode *whole_repeated(World *w, P2cNode *x) {
    return (void)w,
           p2c_add(
               x, p2c_concat(1, (P2cNode *[]){ p2c_upsample_nearest(p2c_avg_pool2d(x, 2), 2) }, 1));
}
static P2cNode *pieces_once(World *w, P2cNode *x) {
    return (void)w,
           p2c_add(x, p2c_upsample_nearest(
                          p2c_concat(
                              2, (P2cNode *[]){ p2c_slice(x, 1, 4, 8), p2c_slice(x, 1, 0, 4) }, 1),
                          1));
}

static const P2cConv2d reflect = { .pad = 1, .reflect = true };
static P2cNode *up_conv(World *w, P2cNode *x) {
    return p2c_conv2d(p2c_upsample_nearest(x, 2), weights(w, "w", 8, 8, 3), NULL, reflect);
}
static P2cNode *up_conv_stride(World *w, P2cNode *x) {
    return p2c_conv2d(p2c_upsample_nearest(p2c_tanh(x), 3), weights(w, "w", 3, 8, 4),
                      weights(w, "bias", 1, 3, 1), (P2cConv2d){ .pad = 2, .stride = 2 });
}
static P2cNode *norm_up_conv(World *w, P2cNode *x) {
    return p2c_conv2d(p2c_upsample_nearest(p2c_relu(p2c_instance_norm(x, 1e-5f)), 2),
                      weights(w, "w", 8, 8, 3), NULL, reflect);
}
static P2cNode *up_norm_conv(World *w, P2cNode *x) {
    return p2c_conv2d(p2c_relu(p2c_instance_norm(p2c_upsample_nearest(x, 2), 1e-5f)),
                      weights(w, "w", 8, 8, 3), NULL, reflect);
}
/* The norm disappears if both readers are fused, and so does the upsampling, which only the norm
 * reads. */
static P2cNode *up_norm_two(World *w, P2cNode *x) {
    P2cNode *norm = p2c_instance_norm(p2c_upsample_nearest(x, 2), 1e-5f);
    return p2c_add(p2c_conv2d(norm, weights(w, "w", 8, 8, 3), NULL, reflect),
                   p2c_conv2d(norm, weights(w, "v", 8, 8, 1), NULL, (P2cConv2d){ 0 }));
}
/* One norm is fused, the other is read. */
static P2cNode *norm_norm_conv(World *w, P2cNode *x) {
    return p2c_conv2d(p2c_instance_norm(p2c_relu(p2c_instance_norm(p2c_tanh(x), 0.5f)), 0.1f),
                      weights(w, "w", 8, 8, 3), NULL, reflect);
}
static P2cNode *up_up_conv(World *w, P2cNode *x) {
    return p2c_conv2d(p2c_upsample_nearest(p2c_upsample_nearest(p2c_slice(x, 1, 0, 2), 2), 1),
                      weights(w, "w", 8, 2, 3), NULL, reflect);
}

/* A ReLU after the convolution. */
static P2cNode *conv_relu(World *w, P2cNode *x) {
    return p2c_relu(p2c_conv2d(x, weights(w, "w", 8, 8, 3), weights(w, "bias", 1, 8, 1), reflect));
}
static P2cNode *conv_leaky(World *w, P2cNode *x) {
    return p2c_leaky_relu(
        p2c_conv2d(x, weights(w, "w", 8, 8, 3), NULL, (P2cConv2d){ .stride = 2, .pad = 1 }), 0.2f);
}
static P2cNode *linear_leaky(World *w, P2cNode *x) {
    P2cNode *flat = p2c_reshape(x, P2C_DIMS(2, 8 * 36));
    return p2c_leaky_relu(
        p2c_linear(flat, p2c_reshape(weights(w, "w", 1, 8 * 36, 1), P2C_DIMS(1, 8 * 36)), NULL),
        0.2f);
}
/* Backward reads the result, so the next operation, which changes its sign, must not overwrite
 * it. */
static P2cNode *conv_relu_affine(World *w, P2cNode *x) {
    return p2c_affine(conv_relu(w, x), -2, -0.5f);
}
/* The norm reads what the ReLU lets through. The second ReLU is not fused, because there already is
 * one. */
static P2cNode *conv_relu_norm(World *w, P2cNode *x) {
    return p2c_conv2d(p2c_instance_norm(conv_relu(w, x), 0.1f), weights(w, "v", 4, 8, 3), NULL,
                      reflect);
}
static P2cNode *conv_relu_twice(World *w, P2cNode *x) {
    return p2c_leaky_relu(
        p2c_leaky_relu(p2c_conv2d(x, weights(w, "w", 8, 8, 3), NULL, reflect), 0.5f), 0.5f);
}
static P2cNode *norm_conv_relu(World *w, P2cNode *x) {
    return p2c_relu(
        p2c_conv2d(p2c_relu(p2c_instance_norm(x, 0.1f)), weights(w, "w", 8, 8, 3), NULL, reflect));
}

/* Compares results and gradients, and counts the passes that are saved, forward and backward. */
static void folds_change_nothing(void **state) {
    (void)state;
    static const struct {
        P2cNode *(*build)(World *w, P2cNode *x);
        int folds;
    } ways[] = {
        { pieces, 1 },
        { pieces_turned, 1 },
        { one_piece, 1 },
        { same_pieces, 1 },
        { vectors, 1 },
        { seven_pieces, 1 },
        { level, 1 },
        { level_turned, 1 },
        { two_repeated, 1 },
        { both, 1 },
        { whole_repeated, 1 },
        { pieces_once, 1 },
        { up_conv, 1 },
        { up_conv_stride, 1 },
        { up_up_conv, 1 },
        { norm_up_conv, 2 },
        { up_norm_conv, 2 },
        { up_norm_two, 2 },
        { norm_norm_conv, 1 },
        { conv_relu, 1 },
        { conv_leaky, 1 },
        { linear_leaky, 1 },
        { conv_relu_affine, 1 },
        { conv_relu_norm, 1 },
        { conv_relu_twice, 1 },
        { norm_conv_relu, 1 },
    };
    static Other plain, all;
    static Made want, got;
    for (size_t i = 0; i < COUNT(ways); i++) {
        bool norms = ways[i].build == norm_up_conv || ways[i].build == up_norm_conv ||
                     ways[i].build == up_norm_two || ways[i].build == norm_norm_conv;
        other_init(&plain, norms ? 0 : P2C_FOLD_NORM);
        other_init(&all, ~0u);
        make(&want, ways[i].build, &plain);
        make(&got, ways[i].build, &all);
        if (got.passes != want.passes - 2 * ways[i].folds)
            fail_msg("way %zu: %d passes, and %d apart", i, got.passes, want.passes);
        close_to(got.y, want.y, MOST_Y);
        for (int e = 0; e < X; e++)
            assert_float_equal(got.dx[e], want.dx[e], 1e-4 * fmax(1, fabs(want.dx[e])));
        for (int e = 0; e < MOST_W; e++)
            assert_float_equal(got.dw[e], want.dw[e], 1e-4 * fmax(1, fabs(want.dw[e])));
    }
}

static P2cNode *rows(World *w, P2cNode *x) {
    return (void)w,
           p2c_add(x,
                   p2c_concat(2, (P2cNode *[]){ p2c_slice(x, 2, 0, 2), p2c_slice(x, 2, 0, 4) }, 2));
}
static P2cNode *pictures(World *w, P2cNode *x) {
    return (void)w,
           p2c_add(x,
                   p2c_concat(2, (P2cNode *[]){ p2c_slice(x, 0, 1, 2), p2c_slice(x, 0, 0, 1) }, 0));
}
static P2cNode *wider(World *w, P2cNode *x) { /* the sum is larger than the concat */
    P2cNode *v = p2c_global_avg_pool(x);
    return (void)w,
           p2c_add(x,
                   p2c_concat(2, (P2cNode *[]){ p2c_slice(v, 1, 3, 8), p2c_slice(v, 1, 0, 3) }, 1));
}
static P2cNode *narrower(World *w, P2cNode *x) { /* the other operand is smaller */
    return (void)w,
           p2c_add(p2c_global_avg_pool(x),
                   p2c_concat(2, (P2cNode *[]){ p2c_slice(x, 1, 3, 8), p2c_slice(x, 1, 0, 3) }, 1));
}
static P2cNode *eight_pieces(World *w, P2cNode *x) {
    P2cNode *c[8];
    for (int i = 0; i < 8; i++) c[i] = channel(x, i);
    return (void)w, p2c_add(x, p2c_concat(8, c, 1));
}
static P2cNode *halves(P2cNode *x) {
    return p2c_concat(2, (P2cNode *[]){ p2c_slice(x, 1, 4, 8), p2c_slice(x, 1, 0, 4) }, 1);
}
static P2cNode *seen(World *w, P2cNode *x) { return (void)w, p2c_add(x, p2c_output(halves(x))); }
static P2cNode *read_twice(World *w, P2cNode *x) {
    P2cNode *c = halves(x);
    return (void)w, p2c_add(p2c_add(x, c), p2c_tanh(c));
}
static P2cNode *with_itself(World *w, P2cNode *x) {
    P2cNode *c = halves(x), *up = p2c_upsample_nearest(x, 2);
    return (void)w, p2c_add(p2c_upsample_nearest(p2c_tanh(p2c_add(c, c)), 2), p2c_add(up, up));
}
static P2cNode *as_weights(World *w, P2cNode *x) {
    return p2c_conv2d(x, p2c_upsample_nearest(p2c_tanh(weights(w, "w", 3, 8, 1)), 3), NULL,
                      (P2cConv2d){ 0 });
}
static P2cNode *convolved(World *w, P2cNode *x) {
    return p2c_conv2d(x, weights(w, "w", 8, 8, 3), NULL, reflect);
}
static P2cNode *relu_of_read(World *w, P2cNode *x) {
    P2cNode *c = convolved(w, x);
    return p2c_add(p2c_relu(c), c);
}
static P2cNode *relu_of_seen(World *w, P2cNode *x) { return p2c_relu(p2c_output(convolved(w, x))); }
static P2cNode *two_relus(World *w, P2cNode *x) {
    P2cNode *c = convolved(w, x);
    return p2c_add(p2c_relu(c), p2c_leaky_relu(c, 0.5f));
}
static P2cNode *relu_of_view(World *w, P2cNode *x) {
    return p2c_relu(p2c_reshape(convolved(w, x), P2C_DIMS(2, 8, 36, 1)));
}
static P2cNode *small_broadcast(World *w, P2cNode *x) { /* the upsampled map is also broadcast */
    return (void)w, p2c_add(x, p2c_upsample_nearest(p2c_avg_pool2d(p2c_slice(x, 1, 0, 1), 2), 2));
}

static void folds_stay_apart(void **state) {
    (void)state;
    P2cNode *(*const ways[])(World * w, P2cNode * x) = {
        rows,         pictures,   wider,       narrower,        eight_pieces,
        seen,         read_twice, as_weights,  small_broadcast, relu_of_read,
        relu_of_seen, two_relus,  relu_of_view
    };
    static Other plain, all;
    static Made want, got;
    other_init(&plain, 0);
    other_init(&all, ~0u);
    for (size_t i = 0; i < COUNT(ways); i++) {
        make(&want, ways[i], &plain);
        make(&got, ways[i], &all);
        if (got.passes != want.passes)
            fail_msg("way %zu: %d passes, and %d on a device that folds nothing", i, got.passes,
                     want.passes);
        assert_memory_equal(got.y, want.y, sizeof got.y);
        assert_memory_equal(got.dx, want.dx, sizeof got.dx);
    }
    make(&want, with_itself, &plain);
    make(&got, with_itself, &all);
    assert_int_equal(got.passes, want.passes - 2); /* only the last addition */
    close_to(got.y, want.y, MOST_Y);
    close_to(got.dx, want.dx, X);
}

/* Only patterns that a device's kernels offer are fused. */
static void folds_are_offered(void **state) {
    (void)state;
    static const struct {
        P2cNode *(*build)(World *w, P2cNode *x);
        P2cFold fold;
    } ways[] = {
        { pieces, P2C_FOLD_CONCAT },        { level, P2C_FOLD_UPSAMPLE },
        { up_conv, P2C_FOLD_UPSAMPLE },     { norm_norm_conv, P2C_FOLD_NORM },
        { conv_relu, P2C_FOLD_ACTIVATION }, { linear_leaky, P2C_FOLD_ACTIVATION },
    };
    static Other o;
    static Made none, one, others;
    for (size_t i = 0; i < COUNT(ways); i++) {
        other_init(&o, 0), make(&none, ways[i].build, &o);
        other_init(&o, ways[i].fold), make(&one, ways[i].build, &o);
        other_init(&o, ~(unsigned)ways[i].fold &
                           ~(unsigned)(ways[i].build == pieces ? P2C_FOLD_NORM : 0)),
            make(&others, ways[i].build, &o);
        assert_int_equal(one.passes, none.passes - 2);
        assert_int_equal(others.passes, none.passes);
    }
}

/* A result is kept for backward only where a ReLU is fused. If the gradient of what the ReLU reads
 * is requested, the two stay apart. */
static void activations_keep_their_result(void **state) {
    (void)state;
    World w;
    world_init(&w, 1);
    P2cNode *x = p2c_input(w.g, "x", P2C_DIMS(2, 8, 6, 6)), *plain = convolved(&w, x),
            *inner = convolved(&w, plain), *folded = p2c_relu(inner);
    P2cNode *watched = convolved(&w, folded), *relu = p2c_relu(watched), *grad;
    p2c_backward(p2c_sum(p2c_mul(relu, relu)), 1, &watched, &grad);
    p2c_output(grad);
    OK(p2c_graph_finish(w.g));
    assert_true(inner->keeps_y && p2c_keeps_y(inner) && folded->state->fused_into == inner);
    assert_false(plain->keeps_y || watched->keeps_y);
    assert_null(relu->state->fused_into);
    world_clear(&w);
}

/* A value that was computed from parameters before an update keeps its value, wherever it is
 * read. */
static void folds_before_an_update(void **state) {
    (void)state;
    for (int way = 0; way < 3; way++) {
        World w;
        float y[32];
        P2cAdam adam = { .lr = 0.5f, .beta1 = 0.9f, .beta2 = 0.999f, .eps = 1e-8f };
        world_init(&w, 1);
        P2cNet net = p2c_net(w.g, w.store, "net");
        P2cNode *p = p2c_param(net, "p", P2C_DIMS(1, 2, 2, 2), P2C_CONSTANT(1)),
                *flat = p2c_param(net, "q", P2C_DIMS(8), P2C_CONSTANT(1));
        P2cNode *view = p2c_reshape(flat, P2C_DIMS(1, 2, 2, 2)), *before;
        if (way == 0) before = p2c_concat(2, (P2cNode *[]){ p, p }, 1);
        else before = p2c_upsample_nearest(way == 1 ? p : view, 2);
        /* every element decreases by lr */
        p2c_minimize(p2c_add(p2c_sum(p), p2c_sum(flat)), 1, &net, &adam, NULL);
        P2cNode *sum = p2c_output(p2c_add(p2c_constant(w.g, p2c_node_dims(before), 1), before));
        OK(p2c_graph_finish(w.g));
        OK(p2c_graph_run(w.g));
        OK(p2c_node_read(sum, y));
        for (size_t i = 0; i < p2c_dims_count(p2c_node_dims(sum)); i++) assert_true(y[i] == 2);
        world_clear(&w);
    }
}

/* If something else reads the pieces of an addition, they live longer than it; the sum still
 * overwrites its first operand. */
static void sums_go_over_the_trunk(void **state) {
    (void)state;
    for (int turned = 0; turned < 2; turned++) {
        World w;
        world_init(&w, 1);
        P2cNode *x = p2c_input(w.g, "x", P2C_DIMS(1, 4, 20, 20)), *trunk = p2c_tanh(x),
                *a = p2c_slice(x, 1, 0, 3), *b = p2c_slice(x, 1, 3, 4);
        P2cNode *all = p2c_concat(2, (P2cNode *[]){ a, b }, 1),
                *y = turned ? p2c_add(all, trunk) : p2c_add(trunk, all);
        p2c_output(p2c_tanh(y)), p2c_output(p2c_tanh(a));
        OK(p2c_graph_finish(w.g));
        assert_ptr_equal(y->x[0], trunk);
        assert_ptr_equal(y->state->buffer->same, trunk->state->buffer);
        world_clear(&w);
    }
}

/* ---- statistics computed by the kernel that writes a map
 * -------------------------------------- */

/* What the kernels of the device below have seen. */
static struct { int made, read_forward, read_backward; } seen_statistics;

static void statistics_of(const float *x, P2cDims d, float *statistics) {
    int area = d.d[2] * d.d[3];
    for (int p = 0; p < d.d[0] * d.d[1]; p++, x += area) {
        double mean = 0, var = 0;
        for (int i = 0; i < area; i++) mean += x[i] / (double)area;
        for (int i = 0; i < area; i++) var += (x[i] - mean) * (x[i] - mean) / area;
        statistics[2 * p] = (float)mean;
        statistics[2 * p + 1] = (float)var;
    }
}

/* The statistics that a kernel gets with x[0] must be those of x[0]'s value. */
static void check_statistics(const P2cCall *call, int *count) {
    float want[2048];
    const P2cNode *x = call->node->count ? call->node->x[0] : NULL;
    assert_true(!call->x_statistics == !(x && x->makes_statistics));
    if (!call->x_statistics) return;
    size_t n = 2 * (size_t)x->dims.d[0] * (size_t)x->dims.d[1];
    assert_true(n <= COUNT(want));
    statistics_of(call->x[0], x->dims, want);
    assert_memory_equal(call->x_statistics, want, n * sizeof *want);
    ++*count;
}

/* written independently of the graph's own rule */
static bool reads_statistics(const P2cNode *node) {
    return node->op->id == P2C_OP_instance_norm || node->op->id == P2C_OP_layer_instance_norm ||
           (node->op->id == P2C_OP_conv2d && P2C_ATTRIBUTES(node, P2cConvAttributes)->normalised);
}

static void forward_with_statistics(const P2cCall *call) {
    if (reads_statistics(call->node)) check_statistics(call, &seen_statistics.read_forward);
    cpu()->kernels[call->node->op->id]->forward(call);
    assert_true(!call->statistics == !call->node->makes_statistics);
    if (!call->statistics) return;
    statistics_of(call->y, call->node->dims, call->statistics);
    seen_statistics.made++;
}

static void backward_with_statistics(const P2cCall *call) {
    if (reads_statistics(call->node)) check_statistics(call, &seen_statistics.read_backward);
    assert_null(call->statistics);
    cpu()->kernels[call->node->op->id]->backward(call);
}

/* All of its kernels compute statistics, except those of tanh. */
static void statistics_init(Other *o) {
    other_init(o, ~0u);
    for (int i = 0; i < P2C_OP_COUNT; i++) {
        o->kernels[i].forward = forward_with_statistics;
        if (o->kernels[i].backward) o->kernels[i].backward = backward_with_statistics;
        o->kernels[i].statistics = i != P2C_OP_tanh;
    }
    memset(&seen_statistics, 0, sizeof seen_statistics);
}

/* so many channels that statistics are not small buffers and share memory with others */
enum { WIDTH = 160 };
typedef struct Norms {
    P2cNode *x, *made[4], *not_made[7], *loss;
} Norms;

static P2cNode *mix(World *w, P2cNode *x, const char *name) {
    return p2c_conv2d(x,
                      p2c_param(p2c_net(w->g, w->store, "net"), name, P2C_DIMS(WIDTH, 4, 1, 1),
                                P2C_KAIMING_UNIFORM),
                      NULL, (P2cConv2d){ .groups = WIDTH / 4 });
}

/* Norms of all kinds after operations of all kinds. */
static Norms norms_of_all_kinds(World *w) {
    Norms n = { .x = p2c_input(w->g, "x", P2C_DIMS(2, WIDTH, 4, 4)) };
    P2cNode *half = p2c_constant(w->g, P2C_DIMS(1, WIDTH), 0.5f);
    /* the norm reads b; a has two readers */
    P2cNode *a = p2c_affine(n.x, 2, 0.5f), *b = mix(w, p2c_relu(p2c_instance_norm(a, 1e-5f)), "b");
    /* overwrites b */
    P2cNode *c = p2c_relu(p2c_layer_instance_norm(b, half, half, half, 1e-5f));
    /* c is a norm with its ReLU */
    P2cNode *d = p2c_add(p2c_instance_norm(c, 1e-5f), a);
    /* of the smaller d */
    P2cNode *e = mix(w, p2c_upsample_nearest(p2c_instance_norm(d, 1e-5f), 2), "e");
    P2cNode *f = p2c_upsample_nearest(p2c_affine(d, 3, 0), 2),
            *g = p2c_instance_norm(p2c_tanh(f), 1e-5f);
    P2cNode *h = p2c_affine(n.x, 0.5f, 1), *plain = mix(w, h, "plain");
    P2cNode *view = p2c_reshape(p2c_affine(n.x, -1, 0), P2C_DIMS(4, WIDTH / 2, 4, 4)),
            *viewed = p2c_reshape(p2c_instance_norm(view, 1e-5f), P2C_DIMS(2, WIDTH, 4, 4));
    P2cNode *first = p2c_instance_norm(n.x, 1e-5f), *dropped = p2c_affine(n.x, 5, 0);
    p2c_instance_norm(dropped, 1e-5f); /* nobody needs it */
    P2cNode *small = p2c_add(p2c_mul(viewed, dropped), p2c_mul(first, plain)),
            *large = p2c_mul(e, g);
    n.loss = p2c_add(p2c_sum(p2c_mul(large, large)), p2c_sum(small));
    memcpy(n.made, (P2cNode *[]){ a, b, c, d }, 4 * sizeof *n.made);
    memcpy(n.not_made, (P2cNode *[]){ n.x, e, f, view, view->x[0], dropped, h },
           7 * sizeof *n.not_made);
    return n;
}

static void statistics_in_passing(void **state) {
    (void)state;
    static Other none, o;
    enum { N = 2 * WIDTH * 16 };
    static float v[N], dx[2][N], loss[2];
    for (int with = 0; with < 2; with++) {
        World w;
        P2cNode *grad;
        other_init(&none, ~0u);
        statistics_init(&o);
        world_on(&w, with ? &o : &none, 2);
        Norms n = norms_of_all_kinds(&w);
        p2c_backward(n.loss, 1, &n.x, &grad);
        p2c_output(n.loss), p2c_output(grad);
        OK(p2c_graph_finish(w.g));
        fill_random(v, N, -1, 1, 8);
        OK(p2c_node_write(n.x, v));
        for (int run = 0; run < 2; run++) OK(p2c_graph_run(w.g));
        OK(p2c_node_read(n.loss, &loss[with])), OK(p2c_node_read(grad, dx[with]));
        for (int i = 0; i < 4; i++) {
            P2cNode *made = n.made[i];
            while (made->state->fused_into) made = made->state->fused_into;
            if (made->makes_statistics != with)
                fail_msg("maker %d is%s asked", i, made->makes_statistics ? "" : " not");
        }
        for (int i = 0; i < 7; i++)
            if (n.not_made[i]->makes_statistics) fail_msg("%d is asked", i);
        world_clear(&w);
    }
    assert_int_equal(seen_statistics.made, 2 * 4);
    assert_int_equal(seen_statistics.read_forward, 2 * 4);
    assert_int_equal(seen_statistics.read_backward, 2 * 4);
    assert_true(loss[0] == loss[1]);
    assert_memory_equal(dx[0], dx[1], sizeof dx[0]);
}

extern const struct CMUnitTest p2c_tests_fuse[];
extern const size_t p2c_tests_fuse_count;
const struct CMUnitTest p2c_tests_fuse[] = {
    cmocka_unit_test(norms_read_by_convolutions),
    cmocka_unit_test(norms_read_by_two),
    cmocka_unit_test(fused_pairs),
    cmocka_unit_test(pairs_not_fused),
    cmocka_unit_test(only_the_table_fuses),
    cmocka_unit_test(folds_change_nothing),
    cmocka_unit_test(folds_stay_apart),
    cmocka_unit_test(folds_are_offered),
    cmocka_unit_test(activations_keep_their_result),
    cmocka_unit_test(folds_before_an_update),
    cmocka_unit_test(sums_go_over_the_trunk),
    cmocka_unit_test(statistics_in_passing),
};
const size_t p2c_tests_fuse_count = COUNT(p2c_tests_fuse);

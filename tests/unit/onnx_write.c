/* onnx_write.c: every operation that can be written as ONNX is written, read back, built, and run
 * beside the original (p2c_onnx_check). */
#include <string.h>

#include "support.h"
#include "world.h"

enum { N = 2, C = 4, H = 6, W = 8 };

static P2cNode *weight(P2cNet net, const char *name, P2cDims dims) {
    return p2c_param(net, name, dims, P2C_UNIFORM(0.5f));
}
/* In (0.5, 1.5), so that no divisor is near 0 and no logarithm is taken of a negative number. */
static P2cNode *positive(P2cNode *x) { return p2c_affine(p2c_tanh(x), 0.5f, 1); }
static P2cNode *vector(P2cNode *x) { return p2c_global_avg_pool(x); }

typedef P2cNode *Build(P2cNet net, P2cNode *x);

#define BUILD(name, expression) \
    static P2cNode *name(P2cNet net, P2cNode *x) { \
        (void)net; \
        return expression; \
    }
BUILD(conv, p2c_conv2d(x, weight(net, "w", P2C_DIMS(6, 2, 3, 3)), weight(net, "b", P2C_DIMS(6)),
                       ((P2cConv2d){ .stride = 2, .pad = 1, .groups = 2 })))
BUILD(conv_reflect, p2c_conv2d(x, weight(net, "w", P2C_DIMS(3, 4, 5, 5)), NULL,
                               ((P2cConv2d){ .pad = 2, .reflect = true })))
BUILD(conv_dilated, p2c_conv2d(x, weight(net, "w", P2C_DIMS(3, 4, 3, 3)), NULL,
                               ((P2cConv2d){ .pad = 2, .dilation = 2 })))
BUILD(conv_transpose,
      p2c_conv_transpose2d(x, weight(net, "w", P2C_DIMS(4, 3, 3, 3)), weight(net, "b", P2C_DIMS(6)),
                           ((P2cConv2d){ .stride = 2, .pad = 1, .groups = 2 }), 1))
BUILD(linear,
      p2c_linear(vector(x), weight(net, "w", P2C_DIMS(5, C)), weight(net, "b", P2C_DIMS(5))))
BUILD(instance_norm, p2c_instance_norm(x, 1e-5f))
BUILD(lin, p2c_layer_instance_norm(x, weight(net, "rho", P2C_DIMS(1, C, 1, 1)),
                                   weight(net, "gamma", P2C_DIMS(1, C, 1, 1)),
                                   weight(net, "beta", P2C_DIMS(1, C, 1, 1)), 1e-2f))
BUILD(adalin, p2c_layer_instance_norm(x, weight(net, "rho", P2C_DIMS(1, C, 1, 1)), vector(x),
                                      p2c_affine(vector(x), 2, 1), 1e-5f))
BUILD(batch_norm, p2c_batch_norm(x, weight(net, "w", P2C_DIMS(C)), weight(net, "b", P2C_DIMS(C)),
                                 weight(net, "m", P2C_DIMS(C)),
                                 p2c_param(net, "v", P2C_DIMS(C), P2C_CONSTANT(0.3f)), 1e-3f))
BUILD(relu, p2c_relu(x))
BUILD(leaky_relu, p2c_leaky_relu(x, 0.2f))
BUILD(prelu, p2c_prelu(x, weight(net, "slope", P2C_DIMS(C))))
BUILD(tanh_, p2c_tanh(x))
BUILD(sigmoid, p2c_sigmoid(x))
BUILD(abs_, p2c_abs(x))
BUILD(no_dropout, p2c_relu(p2c_dropout(net, x, 0.5f, NULL)))
BUILD(exp_, p2c_exp(x))
BUILD(log_, p2c_log(positive(x)))
BUILD(pow_, p2c_pow(positive(x), 2.5f))
BUILD(clamp, p2c_clamp(x, -0.3f, 0.4f))
BUILD(affine, p2c_affine(x, -2, 0.5f))
BUILD(affine_nothing, p2c_affine(x, 1, 0))
BUILD(add, p2c_add(x, vector(x)))
BUILD(sub, p2c_sub(vector(x), x))
BUILD(mul, p2c_mul(vector(x), x))
BUILD(div_, p2c_div(x, positive(vector(x))))
BUILD(lerp, p2c_lerp(x, p2c_affine(x, 3, 1), weight(net, "w", P2C_DIMS(1, C))))
BUILD(constant, p2c_add(x, p2c_constant(net.graph, P2C_DIMS(1, C), 0.25f)))
BUILD(softmax, p2c_softmax(x, 1))
BUILD(matmul, p2c_matmul(x, p2c_transpose(x, (int[]){ 0, 1, 3, 2 })))
BUILD(concat, p2c_concat(3, ((P2cNode *[]){ x, p2c_tanh(x), x }), 1))
BUILD(slice, p2c_slice(x, 3, 2, 7))
BUILD(reshape, p2c_reshape(x, P2C_DIMS(N, C *H, W)))
BUILD(transpose, p2c_transpose(x, (int[]){ 0, 2, 3, 1 }))
BUILD(pad_zero, p2c_pad(x, ((P2cPad){ .top = 1, .left = 2, .value = 0.5f })))
BUILD(pad_reflect, p2c_pad(x, ((P2cPad){ .bottom = 3, .right = 2, .mode = P2C_PAD_REFLECT })))
BUILD(pad_edge, p2c_pad(x, ((P2cPad){ 1, 2, 3, 4, P2C_PAD_EDGE, 0 })))
BUILD(detach, p2c_detach(x))
BUILD(upsample, p2c_upsample_nearest(x, 3))
BUILD(avg_pool, p2c_avg_pool2d(x, 2))
BUILD(max_pool, p2c_max_pool2d(x, ((P2cPool2d){ 3, 3, 2, 1 })))
BUILD(global_max_pool, p2c_global_max_pool(x))
BUILD(bilinear, p2c_resize_bilinear(x, 9, 5, P2C_HALF_PIXEL))
BUILD(bilinear_corners, p2c_resize_bilinear(x, 11, 13, P2C_ALIGN_CORNERS))
BUILD(bilinear_asymmetric, p2c_resize_bilinear(x, 9, 12, P2C_ASYMMETRIC))
BUILD(nearest, p2c_resize_nearest(x, 9, 5, P2C_HALF_PIXEL, P2C_ROUND_HALF_DOWN))
BUILD(nearest_up, p2c_resize_nearest(x, 12, 16, P2C_ASYMMETRIC, P2C_ROUND_DOWN))
BUILD(sum_channels, p2c_sum_channels(x))
BUILD(mean_axis, p2c_mean_axis(x, 2))
BUILD(max_axis, p2c_max_axis(x, 1))
BUILD(l2_normalize, p2c_l2_normalize(vector(x), 1e-6f))

#define ROW(name) \
    { #name, name }
static const struct {
    const char *name;
    Build *build;
} rows[] = {
    ROW(conv),
    ROW(conv_reflect),
    ROW(conv_dilated),
    ROW(conv_transpose),
    ROW(linear),
    ROW(instance_norm),
    ROW(lin),
    ROW(adalin),
    ROW(batch_norm),
    ROW(relu),
    ROW(leaky_relu),
    ROW(prelu),
    ROW(tanh_),
    ROW(sigmoid),
    ROW(abs_),
    ROW(no_dropout),
    ROW(exp_),
    ROW(log_),
    ROW(pow_),
    ROW(clamp),
    ROW(affine),
    ROW(affine_nothing),
    ROW(add),
    ROW(sub),
    ROW(mul),
    ROW(div_),
    ROW(lerp),
    ROW(constant),
    ROW(softmax),
    ROW(matmul),
    ROW(concat),
    ROW(slice),
    ROW(reshape),
    ROW(transpose),
    ROW(pad_zero),
    ROW(pad_reflect),
    ROW(pad_edge),
    ROW(detach),
    ROW(upsample),
    ROW(avg_pool),
    ROW(max_pool),
    ROW(global_max_pool),
    ROW(bilinear),
    ROW(bilinear_corners),
    ROW(bilinear_asymmetric),
    ROW(nearest),
    ROW(nearest_up),
    ROW(sum_channels),
    ROW(mean_axis),
    ROW(max_axis),
    ROW(l2_normalize),
};

static P2cNode *network(World *w, Build *build, P2cNode **x) {
    *x = p2c_input(w->g, "x", P2C_DIMS(N, C, H, W));
    return p2c_named(p2c_output(build(p2c_net(w->g, w->store, "net"), *x)), "y");
}

static void every_operation(void **state) {
    const char *path = scratch_path(*state, "net.onnx");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        World w;
        P2cNode *x, *y;
        world_init(&w, 1);
        y = network(&w, rows[i].build, &x);
        if (p2c_onnx_write(w.ctx, path, 1, &y) || p2c_graph_finish(w.g) ||
            p2c_onnx_check(w.ctx, path, x, 1, &y))
            fail_msg("%s: %s", rows[i].name, p2c_error(w.ctx));
        world_clear(&w);
    }
}

/* The check notices different weights. */
static void the_check_checks(void **state) {
    const char *path = scratch_path(*state, "net.onnx");
    World w;
    P2cNode *x, *y;
    float bias[6] = { 1 };
    world_init(&w, 1);
    y = network(&w, conv, &x);
    OK(p2c_onnx_write(w.ctx, path, 1, &y));
    OK(p2c_store_write(w.store, p2c_store_find(w.store, "net.b"), bias));
    OK(p2c_graph_finish(w.g));
    assert_int_equal(p2c_onnx_check(w.ctx, path, x, 1, &y), P2C_ERR_FORMAT);
    assert_error_says(w.ctx, "computes something else");
    world_clear(&w);
}

static void what_cannot_be_written(void **state) {
    World w;
    P2cNode *x, *y;
    world_init(&w, 1);
    y = network(&w, conv, &x);
    static const int64_t step = 1;
    P2cNet net = p2c_net(w.g, w.store, "norm");
    P2cNode *scale = weight(net, "w", P2C_DIMS(C));
    P2cNode *refused[] = { p2c_l1_loss(y, y), p2c_dropout(net, x, 0.5f, &step),
                           p2c_batch_norm_train(x, scale, scale, scale, scale, 0.1f, 1e-5f) };
    static const char *const texts[] = { "l1_loss cannot be written", "dropout cannot be written",
                                         "batch_norm_train cannot be written" };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        assert_int_equal(p2c_onnx_write(w.ctx, scratch_path(*state, "net.onnx"), 1, &refused[i]),
                         P2C_ERR_ARGUMENT);
        assert_error_says(w.ctx, texts[i]);
    }
    assert_false(have_file(scratch_path(*state, "net.onnx")));
    assert_int_equal(p2c_onnx_write(w.ctx, "/nowhere/net.onnx", 1, &y), P2C_ERR_WRITE);
    world_clear(&w);
}

const struct CMUnitTest p2c_tests_onnx_write[] = { TEST(every_operation), TEST(the_check_checks),
                                                   TEST(what_cannot_be_written) };
const size_t p2c_tests_onnx_write_count =
    sizeof p2c_tests_onnx_write / sizeof *p2c_tests_onnx_write;

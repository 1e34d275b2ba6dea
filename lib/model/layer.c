/* layer.c: see layer.h. */
#include "layer.h"
#include <math.h>

P2cNode *p2c_layer_bias(P2cNet net, int out, int fan_in) {
    return p2c_param(net, "bias", P2C_DIMS(out), P2C_UNIFORM(1 / sqrtf((float)fan_in)));
}

P2cNode *p2c_layer_conv(P2cNet net, P2cNode *x, int in, int out, int k, bool bias,
                        P2cConv2d options) {
    int group = in / (options.groups ? options.groups : 1);
    P2cNode *w = p2c_param(net, "weight", P2C_DIMS(out, group, k, k), P2C_KAIMING_UNIFORM);
    return p2c_conv2d(x, w, bias ? p2c_layer_bias(net, out, group * k * k) : NULL, options);
}

static P2cNode *conv_from(P2cNet net, P2cNode *x, int in, int out, int k, P2cInit init,
                          P2cConv2d options) {
    P2cNode *w = p2c_param(net, "weight",
                           P2C_DIMS(out, in / (options.groups ? options.groups : 1), k, k), init);
    return p2c_conv2d(x, w, p2c_param(net, "bias", P2C_DIMS(out), P2C_CONSTANT(0)), options);
}

P2cNode *p2c_layer_conv_he(P2cNet net, P2cNode *x, int in, int out, int k, P2cConv2d options) {
    return conv_from(net, x, in, out, k,
                     (P2cInit){ .kind = P2C_INIT_UNIFORM, .value = sqrtf(6), .fan_in = true },
                     options);
}

P2cNode *p2c_layer_residual(P2cNet net, P2cNode *x, int c) {
    P2cNode *h = p2c_relu(p2c_instance_norm(
        p2c_layer_conv_he(p2c_scope(net, "conv1"), x, c, c, 3, (P2cConv2d){ .pad = 1 }), 1e-5f));
    return p2c_relu(p2c_add(x, conv_from(p2c_scope(net, "conv2"), h, c, c, 3, P2C_CONSTANT(0),
                                         (P2cConv2d){ .pad = 1 })));
}

P2cNode *p2c_layer_down(P2cNet net, P2cNode *x, int in, int out, int blocks) {
    x = p2c_relu(p2c_layer_conv_he(p2c_scope(net, "0"), p2c_avg_pool2d(x, 2), in, out, 3,
                                   (P2cConv2d){ .pad = 1 }));
    for (int k = 1; k <= blocks; k++) x = p2c_layer_residual(p2c_scope(net, "%d", k), x, out);
    return p2c_named(x, "%s", net.prefix);
}

P2cNode *p2c_layer_linear(P2cNet net, P2cNode *x, int in, int out) {
    P2cNode *w = p2c_param(net, "weight", P2C_DIMS(out, in), P2C_KAIMING_UNIFORM);
    return p2c_linear(x, w, p2c_layer_bias(net, out, in));
}

P2cNode *p2c_layer_class_activation(P2cNode *x, P2cClassifiers k, P2cNode **logits) {
    P2cNode *gap = p2c_linear(p2c_global_avg_pool(x), k.gap, k.gap_bias);
    P2cNode *gmp = p2c_linear(p2c_global_max_pool(x), k.gmp, k.gmp_bias);
    *logits = p2c_concat(2, (P2cNode *[]){ gap, gmp }, 1);
    P2cNode *by_gap = p2c_mul(x, k.gap_factor);
    P2cNode *by_gmp = p2c_mul(x, k.gmp_factor);
    return p2c_concat(2, (P2cNode *[]){ by_gap, by_gmp }, 1);
}

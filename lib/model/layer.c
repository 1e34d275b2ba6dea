/* layer.c: see layer.h. */
#include <math.h>
#include "model/layer.h"

P2cNode *p2c_layer_bias(P2cNet net, int out, int fan_in) {
    return p2c_param(net, "bias", P2C_DIMS(out), P2C_UNIFORM(1 / sqrtf((float)fan_in)));
}

P2cNode *p2c_layer_conv(P2cNet net, P2cNode *x, int in, int out, int k, bool bias, P2cConv2d options) {
    int group = in / (options.groups ? options.groups : 1);
    P2cNode *w = p2c_param(net, "weight", P2C_DIMS(out, group, k, k), P2C_KAIMING_UNIFORM);
    return p2c_conv2d(x, w, bias ? p2c_layer_bias(net, out, group * k * k) : NULL, options);
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

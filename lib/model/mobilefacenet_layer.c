/* mobilefacenet_layer.c: see mobilefacenet.h. */
#include "mobilefacenet.h"

static const float BN_EPS = 1e-5f;

static P2cInit frozen(P2cInit init) {
    init.frozen = true;
    return init;
}

P2cInit p2c_face_weights(void) { return frozen(P2C_KAIMING_UNIFORM); }

P2cNode *p2c_face_conv(P2cNet net, P2cNode *x, int in, int out, int kh, int kw, P2cConv2d options) {
    int group = in / (options.groups ? options.groups : 1);
    return p2c_conv2d(x, p2c_param(net, "weight", P2C_DIMS(out, group, kh, kw), p2c_face_weights()),
                      NULL, options);
}

P2cNode *p2c_face_norm(P2cNet net, P2cNode *x, int c) {
    P2cNode *weight = p2c_param(net, "weight", P2C_DIMS(c), P2C_BUFFER(1));
    P2cNode *bias = p2c_param(net, "bias", P2C_DIMS(c), P2C_BUFFER(0));
    P2cNode *mean = p2c_param(net, "running_mean", P2C_DIMS(c), P2C_BUFFER(0));
    P2cNode *var = p2c_param(net, "running_var", P2C_DIMS(c), P2C_BUFFER(1));
    /* Never used; made because the checkpoint has it. */
    p2c_param(net, "num_batches_tracked", P2C_SCALAR,
              (P2cInit){ .kind = P2C_INIT_CONSTANT, .frozen = true, .int64 = true });
    return p2c_batch_norm(x, weight, bias, mean, var, BN_EPS);
}

P2cNode *p2c_face_prelu(P2cNet net, P2cNode *x, int c) {
    return p2c_prelu(x, p2c_param(net, "weight", P2C_DIMS(c), P2C_BUFFER(0.25f)));
}

P2cNode *p2c_face_conv_norm(P2cNet net, P2cNode *x, int in, int out, int kh, int kw,
                            P2cConv2d options) {
    return p2c_face_norm(p2c_scope(net, "bn"),
                         p2c_face_conv(p2c_scope(net, "conv"), x, in, out, kh, kw, options), out);
}

P2cNode *p2c_face_conv_norm_prelu(P2cNet net, P2cNode *x, int in, int out, int kh, int kw,
                                  P2cConv2d options) {
    return p2c_face_prelu(p2c_scope(net, "prelu"),
                          p2c_face_conv_norm(net, x, in, out, kh, kw, options), out);
}

/* mobilefacenet.c: MobileFaceNet (Chen 2018, table 1), face (n,3,112,112) in [-1,1] -> unit embedding (n,512). Two pictures of one
 * person have embeddings of small angle; training asks a cartoon to keep its photo's.
 *
 *   conv1 conv2_dw               (n,64,56,56)      inverted residual blocks (Sandler 2018): 1x1 to `mid` channels, 3x3 on each channel
 *   conv_23 conv_3 (4 blocks)    (n,64,28,28)      alone, 1x1 back; every convolution with batch norm, in evaluation mode, and PReLU
 *   conv_34 conv_4 (6 blocks)    (n,128,14,14)     but after the last
 *   conv_45 conv_5 (2 blocks)    (n,128,7,7)
 *   conv_6_sep conv_6_dw         (n,512,1,1)       a 7x7 convolution on each channel alone weighs the places of the face
 *   linear bn                    (n,512)
 */
#include "model/layer.h"

enum { FACE = 112, EMBEDDING = 512 };
static const float BN_EPS = 1e-5f;

/* x (n,c,...) -> the same */
static P2cNode *batch_norm(P2cNet net, P2cNode *x, int c) {
    P2cNode *weight = p2c_param(net, "weight", P2C_DIMS(c), P2C_CONSTANT(1));
    P2cNode *bias = p2c_param(net, "bias", P2C_DIMS(c), P2C_CONSTANT(0));
    P2cNode *mean = p2c_param(net, "running_mean", P2C_DIMS(c), P2C_BUFFER(0));
    P2cNode *var = p2c_param(net, "running_var", P2C_DIMS(c), P2C_BUFFER(1));
    /* Kept for the checkpoint's sake. */
    p2c_param(net, "num_batches_tracked", P2C_SCALAR, (P2cInit){ .kind = P2C_INIT_CONSTANT, .frozen = true, .int64 = true });
    return p2c_batch_norm(x, weight, bias, mean, var, BN_EPS);
}

/* x (n,in,h,w) -> (n,out,h/stride,w/stride) */
static P2cNode *conv_norm(P2cNet net, P2cNode *x, int in, int out, int k, P2cConv2d options) {
    return batch_norm(p2c_sub(net, "bn"), p2c_layer_conv(p2c_sub(net, "conv"), x, in, out, k, false, options), out);
}

static P2cNode *conv_norm_prelu(P2cNet net, P2cNode *x, int in, int out, int k, P2cConv2d options) {
    P2cNode *y = conv_norm(net, x, in, out, k, options);
    return p2c_prelu(y, p2c_param(net, "prelu.weight", P2C_DIMS(out), P2C_CONSTANT(0.25f)));
}

/* x (n,in,h,w) -> (n,out,h/stride,w/stride) */
static P2cNode *bottleneck(P2cNet net, P2cNode *x, int in, int out, int mid, int stride) {
    x = conv_norm_prelu(p2c_sub(net, "conv"), x, in, mid, 1, (P2cConv2d){ 0 });
    x = conv_norm_prelu(p2c_sub(net, "conv_dw"), x, mid, mid, 3, (P2cConv2d){ .stride = stride, .pad = 1, .groups = mid });
    return conv_norm(p2c_sub(net, "project"), x, mid, out, 1, (P2cConv2d){ 0 });
}

/* `count` bottlenecks, each added to its input.  x (n,c,h,w) -> the same */
static P2cNode *residuals(P2cNet net, P2cNode *x, int c, int mid, int count) {
    for (int i = 0; i < count; i++) x = p2c_add(x, bottleneck(p2c_sub(net, "model.%d", i), x, c, c, mid, 1));
    return x;
}

P2cNode *p2c_mobilefacenet(P2cNet net, P2cNode *face) {
    if (!face) return NULL;
    P2cDims d = p2c_node_dims(face);
    if (d.rank != 4 || d.d[1] != 3 || d.d[2] != FACE || d.d[3] != FACE) {
        p2c_graph_fail(net.graph, P2C_ERR_SHAPE, "mobilefacenet: expected faces (n,3,112,112), got %s", p2c_dims_text(d).text);
        return NULL;
    }
    P2cNode *x = conv_norm_prelu(p2c_sub(net, "conv1"), face, 3, 64, 3, (P2cConv2d){ .stride = 2, .pad = 1 });
    x = conv_norm_prelu(p2c_sub(net, "conv2_dw"), x, 64, 64, 3, (P2cConv2d){ .pad = 1, .groups = 64 });
    x = bottleneck(p2c_sub(net, "conv_23"), x, 64, 64, 128, 2);
    x = residuals(p2c_sub(net, "conv_3"), x, 64, 128, 4);
    x = bottleneck(p2c_sub(net, "conv_34"), x, 64, 128, 256, 2);
    x = residuals(p2c_sub(net, "conv_4"), x, 128, 256, 6);
    x = bottleneck(p2c_sub(net, "conv_45"), x, 128, 128, 512, 2);
    x = residuals(p2c_sub(net, "conv_5"), x, 128, 256, 2);
    x = conv_norm_prelu(p2c_sub(net, "conv_6_sep"), x, 128, 512, 1, (P2cConv2d){ 0 });
    x = conv_norm(p2c_sub(net, "conv_6_dw"), x, 512, 512, 7, (P2cConv2d){ .groups = 512 }); /* (n,512,1,1) */

    P2cNode *w = p2c_param(net, "linear.weight", P2C_DIMS(EMBEDDING, 512), P2C_KAIMING_UNIFORM);
    x = p2c_linear(p2c_reshape(x, P2C_DIMS(d.d[0], 512)), w, NULL);
    return p2c_l2_normalize(batch_norm(p2c_sub(net, "bn"), x, EMBEDDING), 1e-12f);
}

/* Where a prepared portrait has its face: the preparation grows the landmarks' box by 0.8 of its height upwards and 0.3 downwards,
 * so that the picture is 2.1 boxes high; this is the box again, from 0.33 above it. The published formula: its rounding matters. */
P2cNode *p2c_face_crop(P2cNode *picture) {
    if (!picture) return NULL;
    P2cDims d = p2c_node_dims(picture);
    double h = d.d[2], w = d.d[3];
    int top = (int)(h / 2.1 * (0.8 - 0.33)), bottom = (int)(h - h / 2.1 * 0.3), side = bottom - top;
    double left_edge = w / 2 - side / 2.0;
    int left = (int)left_edge;
    if (d.rank != 4 || side < 1 || left_edge < 0 || left + side > d.d[3]) {
        p2c_graph_fail(picture->state->graph, P2C_ERR_SHAPE,
                       "face_crop: expected portraits (n,c,h,w) at least as wide as their face is high, got %s", p2c_dims_text(d).text);
        return NULL;
    }
    P2cNode *rows = p2c_slice(picture, 2, top, bottom);
    return p2c_resize_bilinear(p2c_slice(rows, 3, left, left + side), FACE, FACE, true);
}

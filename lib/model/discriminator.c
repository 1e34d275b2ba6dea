/* discriminator.c: PatchGAN (Isola 2017) with spectral norm (Miyato 2018) and class activation, as
 * in U-GAT-IT (Kim 2020, section 2.1.2).
 *
 *   picture (n,3,s,s)
 *     model       layers-2 convolutions 4x4 of stride 2, one of stride 1
 *                 -> features (n,c,h,w), c = ch * 2^(layers-2)
 *     gap_fc gmp_fc conv1x1
 *                 class activation                        -> heatmap (n,1,h,w)
 *     conv                                                -> map (n,1,h-1,w-1)
 *
 * Every convolution pads by 1, by reflection. Every weight except conv1x1's is divided by its
 * spectral norm. Checkpoints keep the weight before that division (weight_orig) and the two vectors
 * of the power iteration. The class activation multiplies the features by the stored classifier
 * weights, not by the normalised ones, because the published program does so. */
#include "layer.h"

enum { KERNEL = 4, MAX_CH = 1024 };
static const float SLOPE = 0.2f;

/* A weight and its normalised form. */
typedef struct SpectralWeight {
    P2cNode *stored, *normalised;
} SpectralWeight;

/* Makes "weight_orig", "weight_u" (out) and "weight_v" (product of the other sizes). */
static SpectralWeight spectral_weight(P2cNet net, P2cDims dims, bool training) {
    P2cInit vector = { .kind = P2C_INIT_UNIT_NORMAL, .frozen = true };
    P2cNode *w = p2c_param(net, "weight_orig", dims, P2C_KAIMING_UNIFORM);
    P2cNode *u = p2c_param(net, "weight_u", P2C_DIMS(dims.d[0]), vector);
    P2cNode *v = p2c_param(net, "weight_v", P2C_DIMS(dims.d[1] * dims.d[2] * dims.d[3]), vector);
    return (SpectralWeight){ w, p2c_spectral_norm(w, u, v, training) };
}

/* x (n,in,h,w) -> (n,out,h/2,w/2), or (n,out,h-1,w-1) at stride 1 */
static P2cNode *body_conv(P2cNet net, P2cNode *x, int in, int out, int stride, bool training) {
    P2cNode *b = p2c_layer_bias(net, out, in * KERNEL * KERNEL);
    P2cNode *w = spectral_weight(net, P2C_DIMS(out, in, KERNEL, KERNEL), training).normalised;
    return p2c_leaky_relu(
        p2c_conv2d(x, w, b, (P2cConv2d){ .stride = stride, .pad = 1, .reflect = true }), SLOPE);
}

/* picture (n,3,s,s) -> features (n, ch * 2^(layers-2), h, w) */
static P2cNode *body(P2cNet net, P2cNode *x, P2cDiscriminator options) {
    for (int i = 0, c = options.ch; i < options.layers - 1; i++, c *= 2) {
        /* each layer is three modules: padding, convolution, leaky ReLU */
        P2cNet layer = p2c_scope(net, "%d", 3 * i + 1);
        int stride = i < options.layers - 2 ? 2 : 1;
        x = body_conv(layer, x, i ? c / 2 : 3, c, stride, options.training);
    }
    return x;
}

static bool accepts(P2cGraph *graph, P2cDims picture, P2cDiscriminator options) {
    int s = picture.d[2] < picture.d[3] ? picture.d[2] : picture.d[3];
    if (options.layers != 5 && options.layers != 7)
        p2c_graph_fail(graph, P2C_ERR_ARGUMENT, "discriminator: layers must be 5 or 7, got %d",
                       options.layers);
    else if (options.ch < 1 || options.ch > MAX_CH)
        p2c_graph_fail(graph, P2C_ERR_ARGUMENT, "discriminator: ch must be from 1 to %d, got %d",
                       MAX_CH, options.ch);
    else if (picture.rank != 4 || picture.d[1] != 3)
        p2c_graph_fail(graph, P2C_ERR_SHAPE, "discriminator: expected pictures (n,3,h,w), got %s",
                       p2c_dims_text(picture).text);
    else if (s >> (options.layers - 2) < 3) /* features must be at least 2x2 for the last padding */
        p2c_graph_fail(
            graph, P2C_ERR_SHAPE,
            "discriminator: with %d layers pictures must be at least %d wide and high, got %s",
            options.layers, 3 << (options.layers - 2), p2c_dims_text(picture).text);
    else return true;
    return false;
}

P2cJudged p2c_discriminator(P2cNet net, P2cNode *picture, P2cDiscriminator options) {
    P2cJudged out = { 0 };
    if (!picture || !accepts(net.graph, p2c_node_dims(picture), options)) return out;
    int c = options.ch << (options.layers - 2);
    bool training = options.training;

    /* Checkpoints list the head's parameters first. */
    SpectralWeight gap = spectral_weight(p2c_scope(net, "gap_fc"), P2C_DIMS(1, c), training);
    SpectralWeight gmp = spectral_weight(p2c_scope(net, "gmp_fc"), P2C_DIMS(1, c), training);
    P2cNode *w1 = p2c_param(net, "conv1x1.weight", P2C_DIMS(c, 2 * c, 1, 1), P2C_KAIMING_UNIFORM);
    P2cNode *b1 = p2c_layer_bias(p2c_scope(net, "conv1x1"), c, 2 * c);
    SpectralWeight last =
        spectral_weight(p2c_scope(net, "conv"), P2C_DIMS(1, c, KERNEL, KERNEL), training);

    P2cClassifiers k = { .gap = gap.normalised,
                         .gmp = gmp.normalised,
                         .gap_factor = gap.stored,
                         .gmp_factor = gmp.stored };
    P2cNode *x = body(p2c_scope(net, "model"), picture, options);
    /* (n,2c,h,w) */
    x = p2c_layer_class_activation(x, k, &out.cam);
    /* (n,c,h,w) */
    x = p2c_leaky_relu(p2c_conv2d(x, w1, b1, (P2cConv2d){ 0 }), SLOPE);
    /* (n,1,h,w) */
    out.heatmap = p2c_sum_channels(x);
    /* (n,1,h-1,w-1) */
    out.map = p2c_conv2d(x, last.normalised, NULL, (P2cConv2d){ .pad = 1, .reflect = true });
    return out;
}

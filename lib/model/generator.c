/* generator.c: the photo2cartoon generator, photo (n,3,s,s) in [-1,1] -> cartoon (n,3,s,s) in
 * (-1,1).
 *
 *   photo
 *     ConvBlock1  HourGlass1,2  DownBlock1,2  EncodeBlock1-4
 *                 -> features (n,4ch,s/4,s/4), and content (n,4ch) of each encode block
 *     gap_fc gmp_fc conv1x1     attention: class activation   -> heatmap (n,1,s/4,s/4)
 *     FC                                                      -> style (n,4ch)
 *     DecodeBlock1-4  UpBlock1,2  HourGlass3,4  ConvBlock2    -> cartoon
 *
 * The core is U-GAT-IT (Kim 2020): residual encoder, class activation map, AdaLIN decoder, LIN
 * upsampling. photo2cartoon (minivision-ai) adds two things: hourglasses (Newell 2016) of the
 * pyramid blocks of Bulat 2017 at both ends, and Soft-AdaLIN in the decoder, which mixes the
 * encoder's statistics (content) with the style. Convolutions pad by reflection. Scopes are named
 * as in the published checkpoints, and parameters are made in their order. */
#include <limits.h>
#include <math.h>

#include "base/context.h"
#include "layer.h"

enum { LEVELS = 4, BLOCKS = 4, MAX_CH = 1024 };
static const float EPS = 1e-5f;

/* A k x k convolution, padded by reflection to keep the size at stride 1. */
static P2cNode *conv(P2cNet net, P2cNode *x, int in, int out, int k, int stride) {
    return p2c_layer_conv(net, x, in, out, k, false,
                          (P2cConv2d){ .stride = stride, .pad = k / 2, .reflect = true });
}

static P2cNode *conv1x1(P2cNet net, P2cNode *x, int in, int out, bool bias) {
    return p2c_layer_conv(net, x, in, out, 1, bias, (P2cConv2d){ 0 });
}

/* ---- convolution blocks ---- */

/* x (n,in,h,w) -> (n,out,h/stride,w/stride) */
static P2cNode *conv_norm_relu(P2cNet net, P2cNode *x, int in, int out, int k, int stride) {
    return p2c_relu(p2c_instance_norm(conv(net, x, in, out, k, stride), EPS));
}

/* Pre-activation (He 2016).  x (n,in,h,w) -> (n,out,h,w) */
static P2cNode *norm_relu_conv(P2cNet net, P2cNode *x, int in, int out) {
    return conv(net, p2c_relu(p2c_instance_norm(x, EPS)), in, out, 3, 1);
}

/* x + concat(a, b, d), each computed from the one before. Bulat 2017, fig. 1b. (n,c,h,w) -> the
 * same */
static P2cNode *pyramid_block(P2cNet net, P2cNode *x, int c) {
    P2cNode *a = norm_relu_conv(p2c_scope(net, "ConvBlock1.3"), x, c, c / 2);     /* (n,c/2,h,w) */
    P2cNode *b = norm_relu_conv(p2c_scope(net, "ConvBlock2.3"), a, c / 2, c / 4); /* (n,c/4,h,w) */
    P2cNode *d = norm_relu_conv(p2c_scope(net, "ConvBlock3.3"), b, c / 4, c / 4); /* (n,c/4,h,w) */
    /* Checkpoints have a projection for blocks that change their width. No block here does, so it
     * is stored but never used. */
    p2c_param(net, "ConvBlock4.2.weight", P2C_DIMS(c, c, 1, 1), P2C_KAIMING_UNIFORM);
    return p2c_add(x, p2c_concat(3, (P2cNode *[]){ a, b, d }, 1));
}

/* x plus two convolutions of it. He 2016. (n,c,h,w) -> the same */
static P2cNode *resnet_block(P2cNet net, P2cNode *x, int c) {
    P2cNode *h = conv_norm_relu(p2c_scope(net, "conv_block.1"), x, c, c, 3, 1);
    return p2c_add(x, p2c_instance_norm(conv(p2c_scope(net, "conv_block.5"), h, c, c, 3, 1), EPS));
}

/* ---- hourglass: Newell 2016, section 3.1 ---- */

/* Halves the map by averaging and doubles it by repetition, with a skip connection at each of four
 * levels. (n,c,h,w) -> the same; h, w divisible by 16 */
static P2cNode *hourglass_levels(P2cNet net, P2cNode *x, int c) {
    P2cNode *skip[LEVELS];
    for (int i = 0; i < LEVELS; i++) { /* at h >> i */
        skip[i] = pyramid_block(p2c_scope(net, "ConvBlock%d_1", i + 1), x, c);
        x = pyramid_block(p2c_scope(net, "ConvBlock%d_2", i + 1), p2c_avg_pool2d(x, 2), c);
    }
    x = pyramid_block(p2c_scope(net, "ConvBlock5"), x, c);
    for (int i = LEVELS - 1; i >= 0; i--) {
        x = pyramid_block(p2c_scope(net, "ConvBlock%d", 9 - i), x, c);
        x = p2c_add(skip[i], p2c_upsample_nearest(x, 2));
    }
    return x;
}

static P2cNode *hourglass_features(P2cNet net, P2cNode *x, int c) {
    x = hourglass_levels(p2c_scope(net, "HG.0"), x, c);
    x = pyramid_block(p2c_scope(net, "HG.1"), x, c);
    return p2c_relu(p2c_instance_norm(conv1x1(p2c_scope(net, "HG.2"), x, c, c, false), EPS));
}

/* Computes features and a first drawing (rgb), and adds both to x. (n,c,h,w) -> the same */
static P2cNode *hourglass(P2cNet net, P2cNode *x, int c) {
    P2cNode *h = hourglass_features(net, x, c);
    P2cNode *rgb = conv1x1(p2c_scope(net, "Conv1"), h, c, 3, true);
    P2cNode *back = conv1x1(p2c_scope(net, "Conv2"), h, c, c, true);
    P2cNode *drawn = conv1x1(p2c_scope(net, "Conv3"), rgb, 3, c, true);
    return p2c_add(p2c_add(x, back), drawn);
}

/* The last hourglass ends with the drawing. (n,c,h,w) -> (n,3,h,w) */
static P2cNode *hourglass_rgb(P2cNet net, P2cNode *x, int c) {
    return conv1x1(p2c_scope(net, "Conv1"), hourglass_features(net, x, c), c, 3, true);
}

/* ---- decoder blocks ---- */

/* (n,c) -> (n,c) */
static P2cNode *two_linear(P2cNet net, P2cNode *x, int in, int c) {
    P2cNode *h = p2c_relu(p2c_layer_linear(p2c_scope(net, "0"), x, in, c));
    return p2c_layer_linear(p2c_scope(net, "2"), h, c, c);
}

/* AdaLIN (Kim 2020, eq. 3) whose gamma and beta come from content and style.  x (n,c,h,w), content,
 * style (n,c) -> (n,c,h,w) */
static P2cNode *soft_adalin(P2cNet net, P2cNode *x, P2cNode *content, P2cNode *style, int c) {
    P2cNode *w_gamma = p2c_param(net, "w_gamma", P2C_DIMS(1, c), P2C_CONSTANT(0));
    P2cNode *w_beta = p2c_param(net, "w_beta", P2C_DIMS(1, c), P2C_CONSTANT(0));
    P2cNode *rho = p2c_param(net, "norm.rho", P2C_DIMS(1, c, 1, 1), P2C_CONSTANT(0.9f));
    P2cNode *c_gamma = two_linear(p2c_scope(net, "c_gamma"), content, c, c);
    P2cNode *c_beta = two_linear(p2c_scope(net, "c_beta"), content, c, c);
    P2cNode *s_gamma = p2c_layer_linear(p2c_scope(net, "s_gamma"), style, c, c);
    P2cNode *s_beta = p2c_layer_linear(p2c_scope(net, "s_beta"), style, c, c);
    P2cNode *gamma = p2c_lerp(s_gamma, c_gamma, w_gamma); /* w is learnt, one for each channel */
    P2cNode *beta = p2c_lerp(s_beta, c_beta, w_beta);
    return p2c_layer_instance_norm(x, rho, gamma, beta, EPS);
}

/* (n,c,h,w) -> the same */
static P2cNode *decode_block(P2cNet net, P2cNode *x, P2cNode *content, P2cNode *style, int c) {
    P2cNode *h = conv(p2c_scope(net, "conv1"), x, c, c, 3, 1);
    h = p2c_relu(soft_adalin(p2c_scope(net, "norm1"), h, content, style, c));
    h = conv(p2c_scope(net, "conv2"), h, c, c, 3, 1);
    return p2c_add(x, soft_adalin(p2c_scope(net, "norm2"), h, content, style, c));
}

/* (n,in,h,w) -> (n,out,2h,2w); LIN is AdaLIN with a learnt gamma and beta */
static P2cNode *up_block(P2cNet net, P2cNode *x, int in, int out) {
    P2cNode *h = conv(p2c_scope(net, "2"), p2c_upsample_nearest(x, 2), in, out, 3, 1);
    P2cNet lin = p2c_scope(net, "3");
    P2cNode *rho = p2c_param(lin, "rho", P2C_DIMS(1, out, 1, 1), P2C_CONSTANT(0));
    P2cNode *gamma = p2c_param(lin, "gamma", P2C_DIMS(1, out, 1, 1), P2C_CONSTANT(1));
    P2cNode *beta = p2c_param(lin, "beta", P2C_DIMS(1, out, 1, 1), P2C_CONSTANT(0));
    return p2c_relu(p2c_layer_instance_norm(h, rho, gamma, beta, EPS));
}

/* ---- the generator ---- */

static P2cNode *named(P2cNet block, P2cNode *x) { return p2c_named(x, "%s", block.prefix); }

/* photo (n,3,s,s) -> features (n,4ch,s/4,s/4); content[i]: channel means of encode block i,
 * (n,4ch) */
static P2cNode *encode(P2cNet net, P2cNode *x, int ch, P2cNode *content[BLOCKS]) {
    P2cNet block = p2c_scope(net, "ConvBlock1");
    x = named(block, conv_norm_relu(p2c_scope(block, "1"), x, 3, ch, 7, 1));
    for (int i = 1; i <= 2; i++) {
        block = p2c_scope(net, "HourGlass%d", i);
        x = named(block, hourglass(block, x, ch));
    }
    for (int i = 1; i <= 2; i++) {
        block = p2c_scope(net, "DownBlock%d", i);
        x = named(block, conv_norm_relu(p2c_scope(block, "1"), x, i * ch, 2 * i * ch, 3, 2));
    }
    for (int i = 1; i <= BLOCKS; i++) {
        block = p2c_scope(net, "EncodeBlock%d", i);
        x = named(block, resnet_block(block, x, 4 * ch));
        content[i - 1] = p2c_global_avg_pool(x);
    }
    return x;
}

/* "weight" (1,c), "bias" (1) */
static void classifier(P2cNet net, int c, P2cNode **weight, P2cNode **bias) {
    *weight = p2c_param(net, "weight", P2C_DIMS(1, c), P2C_KAIMING_UNIFORM);
    *bias = p2c_layer_bias(net, 1, c);
}

/* (n,c,h,w) -> the same, weighted by the class activation map */
static P2cNode *attend(P2cNet net, P2cNode *x, int c, P2cNode **logits) {
    P2cClassifiers k;
    classifier(p2c_scope(net, "gap_fc"), c, &k.gap, &k.gap_bias);
    classifier(p2c_scope(net, "gmp_fc"), c, &k.gmp, &k.gmp_bias);
    k.gap_factor = k.gap;
    k.gmp_factor = k.gmp;
    x = p2c_layer_class_activation(x, k, logits);
    return named(p2c_scope(net, "cam"),
                 p2c_relu(conv1x1(p2c_scope(net, "conv1x1"), x, 2 * c, c, true)));
}

/* Features (n,c,q,q) -> style (n,c), from the channel means (light) or from every pixel (full). */
static P2cNode *style_of(P2cNet net, P2cNode *x, int n, int c, int q, bool full) {
    int in = full ? c * q * q : c;
    P2cNode *flat = full ? p2c_reshape(x, P2C_DIMS(n, in)) : p2c_global_avg_pool(x);
    return named(p2c_scope(net, "style"), p2c_relu(two_linear(p2c_scope(net, "FC"), flat, in, c)));
}

/* features (n,4ch,s/4,s/4), style (n,4ch), content of the encode blocks, used last to first ->
 * cartoon (n,3,s,s) */
static P2cNode *decode(P2cNet net, P2cNode *x, P2cNode *style, int ch, P2cNode *content[BLOCKS]) {
    P2cNet block;
    for (int i = 1; i <= BLOCKS; i++) {
        block = p2c_scope(net, "DecodeBlock%d", i);
        x = named(block, decode_block(block, x, content[BLOCKS - i], style, 4 * ch));
    }
    for (int i = 1; i <= 2; i++) {
        block = p2c_scope(net, "UpBlock%d", i);
        x = named(block, up_block(block, x, 8 * ch >> i, 4 * ch >> i));
    }
    block = p2c_scope(net, "HourGlass3");
    x = named(block, hourglass(block, x, ch));
    block = p2c_scope(net, "HourGlass4");
    x = named(block, hourglass_rgb(block, x, ch)); /* (n,3,s,s) */
    block = p2c_scope(net, "ConvBlock2");
    return named(block, p2c_tanh(conv(p2c_scope(block, "1"), x, 3, 3, 7, 1)));
}

static bool accepts(P2cGraph *graph, P2cDims photo, P2cGenerator options) {
    int s = photo.d[2], ch = options.ch;
    if (ch < 4 || ch % 4 || ch > MAX_CH)
        p2c_graph_fail(graph, P2C_ERR_ARGUMENT,
                       "generator: ch must be divisible by 4, from 4 to %d, got %d", MAX_CH, ch);
    else if (photo.rank != 4 || photo.d[1] != 3 || photo.d[3] != s)
        p2c_graph_fail(graph, P2C_ERR_SHAPE, "generator: expected square photos (n,3,s,s), got %s",
                       p2c_dims_text(photo).text);
    else if (s < 32 || s % 16)
        p2c_graph_fail(
            graph, P2C_ERR_SHAPE,
            "generator: the picture size must be divisible by 16 and at least 32, got %d; try %d",
            s, s < 32 ? 32 : s / 16 * 16);
    /* FC.0 has (ch*s)^2 weights; a tensor has fewer than 2^31 elements */
    else if (options.full && (int64_t)ch * s > 46340)
        p2c_graph_fail(graph, P2C_ERR_SHAPE,
                       "generator: pictures of size %d are too large for the full variant at ch %d",
                       s, ch);
    else return true;
    return false;
}

P2cGenerated p2c_generator(P2cNet net, P2cNode *photo, P2cGenerator options) {
    P2cNode *content[BLOCKS];
    P2cGenerated out = { 0 };
    if (!photo || !accepts(net.graph, p2c_node_dims(photo), options)) return out;
    int n = p2c_node_dims(photo).d[0], q = p2c_node_dims(photo).d[2] / 4, ch = options.ch;

    P2cNode *x = encode(net, photo, ch, content);
    x = attend(net, x, 4 * ch, &out.cam);
    out.heatmap = p2c_sum_channels(x);
    P2cNode *style = style_of(net, x, n, 4 * ch, q, options.full);
    out.image = decode(net, x, style, ch, content);
    return out;
}

/* ---- options from a state dict ---- */

/* Returns the tensor with that name if it has that rank, else NULL. */
static const P2cValue *tensor_of(const P2cValue *state_dict, const char *name, int rank) {
    const P2cValue *t = p2c_value_get(state_dict, name);
    return t && p2c_value_kind(t) == P2C_TENSOR && p2c_value_shape(t).rank == rank ? t : NULL;
}

P2cStatus p2c_generator_options(P2cContext *ctx, const P2cValue *state_dict, P2cGenerator *options,
                                int *size) {
    if (!state_dict || p2c_value_kind(state_dict) != P2C_DICT)
        return p2c_fail(ctx, P2C_ERR_FORMAT,
                        "generator: expected a dict of tensors (a state dict)");
    const P2cValue *first = tensor_of(state_dict, "ConvBlock1.1.weight", 4),
                   *fc = tensor_of(state_dict, "FC.0.weight", 2);
    if (!first || !fc)
        return p2c_fail(ctx, P2C_ERR_FORMAT,
                        "generator: these weights are not a generator's: %s is missing or not a "
                        "tensor of rank %d%s",
                        first ? "FC.0.weight" : "ConvBlock1.1.weight", first ? 2 : 4,
                        p2c_value_get(state_dict, "genA2B")
                            ? "; this is a whole checkpoint: try its entry genA2B"
                            : "");

    int64_t ch = p2c_value_shape(first).size[0], out = p2c_value_shape(fc).size[0],
            in = p2c_value_shape(fc).size[1];
    if (ch < 4 || ch % 4 || ch > MAX_CH || p2c_value_shape(first).size[1] != 3)
        return p2c_fail(ctx, P2C_ERR_SHAPE,
                        "generator: ConvBlock1.1.weight must be (ch,3,7,7) with ch divisible by 4, "
                        "got (%lld,%lld,...)",
                        (long long)ch, (long long)p2c_value_shape(first).size[1]);
    /* pixels of the map that FC.0 reads, q x q */
    int64_t pixels = in / (4 * ch),
            q = pixels < INT_MAX ? (int64_t)(sqrt((double)pixels) + 0.5) : 0;
    bool light = pixels == 1, full = q >= 8 && q % 4 == 0 && q * q == pixels;
    if (out != 4 * ch || in % (4 * ch) || !(light || full))
        return p2c_fail(ctx, P2C_ERR_SHAPE,
                        "generator: FC.0.weight must be (%lld,%lld), or (%lld,%lld*(s/4)^2) for "
                        "pictures of size s, got (%lld,%lld)",
                        (long long)(4 * ch), (long long)(4 * ch), (long long)(4 * ch),
                        (long long)(4 * ch), (long long)out, (long long)in);
    *options = (P2cGenerator){ .ch = (int)ch, .full = full };
    *size = full ? (int)(4 * q) : 0;
    return P2C_OK;
}

/* matte.c: a small network for the matte of a head, picture (n,3,s,s) in [-1,1] -> logits
 * (n,1,s,s), which a sigmoid turns into alpha. s must be divisible by 32.
 *
 *   stem   s/2   16 channels
 *   down   s/4   24, s/8 40, s/16 48, s/32 48: halved, then residual blocks
 *   up     each level is projected to the width of the level above, repeated, added to it, and
 *          refined by a residual block, up to s/4
 *   head   s/2   with the stem's features, which have the edges; logits there, then enlarged
 *          bilinearly
 *
 * It is a U-Net (Ronneberger 2015) of residual blocks (He 2016). Only the insides of blocks are
 * normalised: the skip connections keep how bright skin is. The second convolution of a block
 * starts as zeros, so a block starts as the identity (Goyal 2017, section 5.1). All other
 * convolutions keep the variance (He 2015). Skip connections are added, not concatenated, which
 * halves the cost of the most expensive maps. */
#include "layer.h"

enum { LEVELS = 5, STEM = 16 };
static const struct Level {
    int ch, blocks;
} levels[LEVELS] = { { STEM, 0 }, { 24, 1 }, { 40, 2 }, { 48, 1 }, { 48, 1 } };

/* (n,in,h,w) -> (n,out,2h,2w). There is no activation, because the result is added to a skip
 * connection. */
static P2cNode *up(P2cNet net, P2cNode *x, int in, int out) {
    return p2c_upsample_nearest(p2c_layer_conv_he(net, x, in, out, 1, (P2cConv2d){ 0 }), 2);
}

static P2cNode *encode(P2cNet net, P2cNode *x, P2cNode *skip[LEVELS]) {
    x = skip[0] = p2c_relu(p2c_layer_conv_he(p2c_scope(net, "stem"), x, 3, STEM, 3,
                                             (P2cConv2d){ .stride = 2, .pad = 1 }));
    for (int i = 1; i < LEVELS; i++)
        x = skip[i] = p2c_layer_down(p2c_scope(net, "down%d", i), x, levels[i - 1].ch, levels[i].ch,
                                     levels[i].blocks);
    return x;
}

static P2cNode *decode(P2cNet net, P2cNode *x, P2cNode *const skip[LEVELS]) {
    for (int i = LEVELS - 2; i > 0; i--) {
        P2cNet level = p2c_scope(net, "up%d", i);
        x = p2c_add(skip[i], up(p2c_scope(level, "0"), x, levels[i + 1].ch, levels[i].ch));
        x = p2c_named(p2c_layer_residual(p2c_scope(level, "1"), x, levels[i].ch), "%s",
                      level.prefix);
    }
    return x;
}

/* Joins the levels from coarse to fine, then applies two convolutions at the stem's size. */
static P2cNode *head(P2cNet net, P2cNode *x, P2cNode *stem) {
    x = p2c_relu(p2c_add(stem, up(p2c_scope(net, "0"), x, levels[1].ch, STEM)));
    x = p2c_relu(p2c_layer_conv_he(p2c_scope(net, "1"), x, STEM, STEM, 3, (P2cConv2d){ .pad = 1 }));
    return p2c_layer_conv(p2c_scope(net, "2"), x, STEM, 1, 3, true, (P2cConv2d){ .pad = 1 });
}

P2cNode *p2c_matte_network(P2cNet net, P2cNode *x) {
    P2cNode *skip[LEVELS];
    if (!x) return NULL;
    P2cDims d = p2c_node_dims(x);
    if (d.rank != 4 || d.d[1] != 3 || d.d[2] % 32 || d.d[3] % 32) {
        p2c_graph_fail(
            net.graph, P2C_ERR_SHAPE,
            "matte network: expected pictures (n,3,h,w), h and w divisible by 32, got %s",
            p2c_dims_text(d).text);
        return NULL;
    }
    P2cNode *features = decode(net, encode(net, x, skip), skip);
    return p2c_resize_bilinear(head(p2c_scope(net, "head"), features, skip[0]), d.d[2], d.d[3],
                               P2C_HALF_PIXEL);
}

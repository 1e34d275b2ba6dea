/* landmarks.c: a small network for the 68 points of a face, picture (n,3,112,112) in [-1,1] ->
 * (n,136): x0,y0,x1,... as fractions of the square, which may lie outside [0,1].
 *
 *   stem   56x56   16 channels, by stride 2
 *   down   28x28   24, 14x14 48, 7x7 64: halved, then residual blocks
 *   head   1x1 to 16 channels, flattened (7x7 of each), 128 hidden values, the points
 *
 * It regresses coordinates instead of heat maps: the program needs the angle and the size of a
 * face, for which 68 maps would be expensive. Features are flattened, not pooled, because their
 * position is what matters. Residual blocks are as in matte.c. The last layer starts with zero
 * weights and the middle of the square as bias. That is close to every face, so the first steps
 * have the right size. */
#include "layer.h"

enum { SIZE = 112, LEVELS = 4, STEM = 16, NARROW = 16, HIDDEN = 128, CELLS = 7 * 7 };
static const struct Level {
    int ch, blocks;
} levels[LEVELS] = { { STEM, 0 }, { 24, 1 }, { 48, 2 }, { 64, 1 } };

static P2cNode *features(P2cNet net, P2cNode *x) {
    x = p2c_relu(p2c_layer_conv_he(p2c_scope(net, "stem"), x, 3, STEM, 3,
                                   (P2cConv2d){ .stride = 2, .pad = 1 }));
    for (int i = 1; i < LEVELS; i++)
        x = p2c_layer_down(p2c_scope(net, "down%d", i), x, levels[i - 1].ch, levels[i].ch,
                           levels[i].blocks);
    return x;
}

/* (n,64,7,7) -> (n,136) */
static P2cNode *head(P2cNet net, P2cNode *x, int n) {
    x = p2c_relu(p2c_layer_conv_he(p2c_scope(net, "0"), x, levels[LEVELS - 1].ch, NARROW, 1,
                                   (P2cConv2d){ 0 }));
    x = p2c_relu(p2c_layer_linear(p2c_scope(net, "1"), p2c_reshape(x, P2C_DIMS(n, NARROW * CELLS)),
                                  NARROW * CELLS, HIDDEN));
    P2cNet last = p2c_scope(net, "2");
    P2cNode *w = p2c_param(last, "weight", P2C_DIMS(2 * P2C_LANDMARKS, HIDDEN), P2C_CONSTANT(0));
    return p2c_linear(x, w,
                      p2c_param(last, "bias", P2C_DIMS(2 * P2C_LANDMARKS), P2C_CONSTANT(0.5f)));
}

P2cNode *p2c_landmark_network(P2cNet net, P2cNode *x) {
    if (!x) return NULL;
    P2cDims d = p2c_node_dims(x);
    if (d.rank == 4 && d.d[1] == 3 && d.d[2] == SIZE && d.d[3] == SIZE)
        return head(p2c_scope(net, "head"), features(net, x), d.d[0]);
    p2c_graph_fail(net.graph, P2C_ERR_SHAPE,
                   "landmark network: expected pictures (n,3,%d,%d), got %s", SIZE, SIZE,
                   p2c_dims_text(d).text);
    return NULL;
}

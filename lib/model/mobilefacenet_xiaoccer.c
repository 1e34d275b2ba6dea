/* mobilefacenet_xiaoccer.c: MobileFaceNet (Chen 2018) for faces of 112 x 96 pixels, with embeddings
 * of 128 values. Layout and names are those of Xiaoccer's MobileFaceNet_Pytorch, whose weights were
 * trained on CASIA-WebFace.
 *
 *   conv1 dw_conv1               (n,64,56,48)
 *   blocks 0-4                   (n,64,28,24)
 *   blocks 5-11                  (n,128,14,12)
 *   blocks 12-14                 (n,128,7,6)
 *   conv2 linear7                (n,512,1,1)       a depthwise 7x6 convolution weighs the places of
 *                                                  the face
 *   linear1                      (n,128)
 *
 * Blocks are inverted residuals (Sandler 2018): 1x1 to `expand` times the channels, 3x3 depthwise,
 * 1x1 back, added to their input where stride and widths allow it. Every convolution is followed by
 * batch norm in evaluation mode and, except the last of a block, PReLU. */
#include "mobilefacenet.h"

enum { HEIGHT = 112, WIDTH = 96, EMBEDDING = 128 };

/* Groups of `count` blocks; the first block of each has the stride. */
static const struct {
    int expand, out, count, stride;
} stages[] = {
    { 2, 64, 5, 2 }, { 4, 128, 1, 2 }, { 2, 128, 6, 1 }, { 4, 128, 1, 2 }, { 2, 128, 2, 1 },
};

/* Blocks are numbered across all groups. x (n,in,h,w) -> (n,out,h/stride,w/stride) */
static P2cNode *bottleneck(P2cNet net, P2cNode *x, int in, int out, int mid, int stride) {
    P2cConv2d depthwise = { .stride = stride, .pad = 1, .groups = mid };
    P2cNode *y = p2c_face_norm(
        p2c_scope(net, "conv.1"),
        p2c_face_conv(p2c_scope(net, "conv.0"), x, in, mid, 1, 1, (P2cConv2d){ 0 }), mid);
    y = p2c_face_prelu(p2c_scope(net, "conv.2"), y, mid);
    y = p2c_face_norm(p2c_scope(net, "conv.4"),
                      p2c_face_conv(p2c_scope(net, "conv.3"), y, mid, mid, 3, 3, depthwise), mid);
    y = p2c_face_prelu(p2c_scope(net, "conv.5"), y, mid);
    y = p2c_face_norm(p2c_scope(net, "conv.7"),
                      p2c_face_conv(p2c_scope(net, "conv.6"), y, mid, out, 1, 1, (P2cConv2d){ 0 }),
                      out);
    return stride == 1 && in == out ? p2c_add(x, y) : y;
}

/* x (n,64,56,48) -> (n,128,7,6) */
static P2cNode *blocks(P2cNet net, P2cNode *x) {
    int in = 64, number = 0;
    for (size_t s = 0; s < sizeof stages / sizeof *stages; s++)
        for (int i = 0; i < stages[s].count; i++) {
            x = bottleneck(p2c_scope(net, "blocks.%d", number++), x, in, stages[s].out,
                           in * stages[s].expand, i ? 1 : stages[s].stride);
            in = stages[s].out;
        }
    return x;
}

P2cNode *p2c_mobilefacenet_xiaoccer(P2cNet net, P2cNode *face) {
    if (!face) return NULL;
    P2cDims d = p2c_node_dims(face);
    if (d.rank != 4 || d.d[1] != 3 || d.d[2] != HEIGHT || d.d[3] != WIDTH) {
        p2c_graph_fail(net.graph, P2C_ERR_SHAPE,
                       "mobilefacenet: expected faces (n,3,112,96), got %s", p2c_dims_text(d).text);
        return NULL;
    }
    P2cNode *x = p2c_face_conv_norm_prelu(p2c_scope(net, "conv1"), face, 3, 64, 3, 3,
                                          (P2cConv2d){ .stride = 2, .pad = 1 });
    x = p2c_face_conv_norm_prelu(p2c_scope(net, "dw_conv1"), x, 64, 64, 3, 3,
                                 (P2cConv2d){ .pad = 1, .groups = 64 });
    x = blocks(net, x);
    x = p2c_face_conv_norm_prelu(p2c_scope(net, "conv2"), x, 128, 512, 1, 1, (P2cConv2d){ 0 });
    /* (n,512,1,1) */
    x = p2c_face_conv_norm(p2c_scope(net, "linear7"), x, 512, 512, 7, 6,
                           (P2cConv2d){ .groups = 512 });
    x = p2c_face_conv_norm(p2c_scope(net, "linear1"), x, 512, EMBEDDING, 1, 1, (P2cConv2d){ 0 });
    return p2c_l2_normalize(p2c_reshape(x, P2C_DIMS(d.d[0], EMBEDDING)), 1e-12f);
}

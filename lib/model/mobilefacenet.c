/* mobilefacenet.c: MobileFaceNet (Chen 2018, table 1), face (n,3,112,112) in [-1,1] -> unit
 * embedding (n,512). The angle between the embeddings of two pictures of one person is small.
 * Training uses this to keep the person of the photo in the cartoon. Names are those of TreB1eN's
 * InsightFace_Pytorch, whose weights photo2cartoon uses.
 *
 *   conv1 conv2_dw               (n,64,56,56)
 *   conv_23 conv_3 (4 blocks)    (n,64,28,28)
 *   conv_34 conv_4 (6 blocks)    (n,128,14,14)
 *   conv_45 conv_5 (2 blocks)    (n,128,7,7)
 *   conv_6_sep conv_6_dw         (n,512,1,1)       a depthwise 7x7 convolution weighs the places of
 *                                                  the face
 *   linear bn                    (n,512)
 *
 * Blocks are inverted residuals (Sandler 2018): 1x1 to `mid` channels, 3x3 depthwise, 1x1 back.
 * Every convolution is followed by batch norm in evaluation mode and, except the last of a block,
 * PReLU. */
#include "mobilefacenet.h"

enum { FACE = 112, EMBEDDING = 512 };

/* x (n,in,h,w) -> (n,out,h/stride,w/stride) */
static P2cNode *bottleneck(P2cNet net, P2cNode *x, int in, int out, int mid, int stride) {
    x = p2c_face_conv_norm_prelu(p2c_scope(net, "conv"), x, in, mid, 1, 1, (P2cConv2d){ 0 });
    x = p2c_face_conv_norm_prelu(p2c_scope(net, "conv_dw"), x, mid, mid, 3, 3,
                                 (P2cConv2d){ .stride = stride, .pad = 1, .groups = mid });
    return p2c_face_conv_norm(p2c_scope(net, "project"), x, mid, out, 1, 1, (P2cConv2d){ 0 });
}

/* `count` bottlenecks, each added to its input.  x (n,c,h,w) -> the same */
static P2cNode *residuals(P2cNet net, P2cNode *x, int c, int mid, int count) {
    for (int i = 0; i < count; i++)
        x = p2c_add(x, bottleneck(p2c_scope(net, "model.%d", i), x, c, c, mid, 1));
    return x;
}

P2cNode *p2c_mobilefacenet(P2cNet net, P2cNode *face) {
    if (!face) return NULL;
    P2cDims d = p2c_node_dims(face);
    if (d.rank != 4 || d.d[1] != 3 || d.d[2] != FACE || d.d[3] != FACE) {
        p2c_graph_fail(net.graph, P2C_ERR_SHAPE,
                       "mobilefacenet: expected faces (n,3,112,112), got %s",
                       p2c_dims_text(d).text);
        return NULL;
    }
    P2cNode *x = p2c_face_conv_norm_prelu(p2c_scope(net, "conv1"), face, 3, 64, 3, 3,
                                          (P2cConv2d){ .stride = 2, .pad = 1 });
    x = p2c_face_conv_norm_prelu(p2c_scope(net, "conv2_dw"), x, 64, 64, 3, 3,
                                 (P2cConv2d){ .pad = 1, .groups = 64 });
    x = bottleneck(p2c_scope(net, "conv_23"), x, 64, 64, 128, 2);
    x = residuals(p2c_scope(net, "conv_3"), x, 64, 128, 4);
    x = bottleneck(p2c_scope(net, "conv_34"), x, 64, 128, 256, 2);
    x = residuals(p2c_scope(net, "conv_4"), x, 128, 256, 6);
    x = bottleneck(p2c_scope(net, "conv_45"), x, 128, 128, 512, 2);
    x = residuals(p2c_scope(net, "conv_5"), x, 128, 256, 2);
    x = p2c_face_conv_norm_prelu(p2c_scope(net, "conv_6_sep"), x, 128, 512, 1, 1, (P2cConv2d){ 0 });
    /* (n,512,1,1) */
    x = p2c_face_conv_norm(p2c_scope(net, "conv_6_dw"), x, 512, 512, 7, 7,
                           (P2cConv2d){ .groups = 512 });

    P2cNode *w = p2c_param(net, "linear.weight", P2C_DIMS(EMBEDDING, 512), p2c_face_weights());
    x = p2c_linear(p2c_reshape(x, P2C_DIMS(d.d[0], 512)), w, NULL);
    return p2c_l2_normalize(p2c_face_norm(p2c_scope(net, "bn"), x, EMBEDDING), 1e-12f);
}

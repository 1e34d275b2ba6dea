/* mobilefacenet_face.c: from a prepared portrait to the embedding of its face, for both layouts of
 * the network.
 *
 * The preparation extends the box of the landmarks by 0.8 of its height upwards and 0.3 downwards,
 * so the picture is 2.1 boxes high. A face is a square of 1.33 boxes, centred horizontally:
 *
 *   TreB1eN    from 0.33 above the box down to its lower edge. This is the published ID loss, whose
 *              weights are used with exactly these pixels.
 *   Xiaoccer   the same, 0.1 of a box higher, because these weights were trained on such faces.
 *
 * Xiaoccer's faces were aligned as in SphereFace (Liu 2017): eyes, nose and corners of the mouth at
 * (30.3,51.7) (65.5,51.5) (48.0,71.7) (33.5,92.4) (62.7,92.2) of 96 x 112. ArcFace's template (Deng
 * 2019) of 112 x 112 adds 8 to x. So the face is the square at 112 x 112 without 8 columns on each
 * side, with pixels as (v - 127.5) / 128.
 *
 * Measured on 379 prepared portraits: the square in which their landmarks fit that template best,
 * in least squares, is 1.36 boxes large and 0.10 higher than the published one. The cosine of a
 * photo and itself moved by 6 and 5 of 256 pixels is 0.85 on average, against 0.73 in the published
 * square; that of two people is 0.02 against 0.06. */
#include "base/context.h"
#include "mobilefacenet.h"

enum { FACE = 112, MARGIN = 8 };

/* Cuts the square, raised by `lift` of a box: (n,3,h,w) -> (n,3,112,112). It follows the published
 * formula, whose rounding matters. */
static P2cNode *crop(P2cNode *picture, double lift) {
    if (!picture) return NULL;
    P2cDims d = p2c_node_dims(picture);
    double h = d.d[2], w = d.d[3];
    int top = (int)(h / 2.1 * (0.8 - 0.33 - lift)), bottom = (int)(h - h / 2.1 * (0.3 + lift)),
        side = bottom - top;
    double left_edge = w / 2 - side / 2.0;
    int left = (int)left_edge;
    if (d.rank != 4 || side < 1 || left_edge < 0 || left + side > d.d[3]) {
        p2c_graph_fail(p2c_node_graph(picture), P2C_ERR_SHAPE,
                       "face_crop: expected portraits (n,c,h,w) at least as wide as their face is "
                       "high, got %s",
                       p2c_dims_text(d).text);
        return NULL;
    }
    P2cNode *rows = p2c_slice(picture, 2, top, bottom);
    return p2c_resize_bilinear(p2c_slice(rows, 3, left, left + side), FACE, FACE,
                               P2C_ALIGN_CORNERS);
}

P2cNode *p2c_face_crop(P2cNode *picture) { return crop(picture, 0); }

P2cNode *p2c_face_crop_96(P2cNode *picture) {
    P2cNode *face = p2c_slice(crop(picture, 0.1), 3, MARGIN, FACE - MARGIN);
    return p2c_affine(face, 127.5f / 128, 0); /* [-1,1] is (v - 127.5) / 127.5 */
}

P2cNode *p2c_face_embedding(P2cNet net, P2cNode *picture, P2cFaceKind kind) {
    return kind == P2C_FACENET_XIAOCCER ? p2c_mobilefacenet_xiaoccer(net, p2c_face_crop_96(picture))
                                        : p2c_mobilefacenet(net, p2c_face_crop(picture));
}

/* Each layout's second layer has a name that the other layout lacks. */
P2cStatus p2c_face_kind(P2cContext *ctx, const P2cValue *state_dict, P2cFaceKind *kind) {
    bool treb1en = p2c_value_get(state_dict, "conv2_dw.conv.weight"),
         xiaoccer = p2c_value_get(state_dict, "dw_conv1.conv.weight");
    *kind = xiaoccer ? P2C_FACENET_XIAOCCER : P2C_FACENET_TREB1EN;
    if (treb1en != xiaoccer) return P2C_OK;
    size_t count = p2c_value_kind(state_dict) == P2C_DICT ? p2c_value_count(state_dict) : 0;
    const char *keys[3];
    for (size_t i = 0; i < 3; i++) keys[i] = i < count ? p2c_value_key(state_dict, i) : "-";
    return p2c_fail(
        ctx, P2C_ERR_FORMAT,
        "not the weights of a face network: expected MobileFaceNet's, with conv2_dw.conv.weight "
        "(512 values) or dw_conv1.conv.weight (128 values); got %zu entries: %.80s, %.80s, %.80s%s",
        count, keys[0], keys[1], keys[2], count > 3 ? ", ..." : "");
}

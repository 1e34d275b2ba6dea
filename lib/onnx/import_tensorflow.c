/* import_tensorflow.c: the table of TensorFlow's operations, and the rules for convolutions,
 * pooling, norms and arithmetic.
 *
 * Weights of convolutions are (h,w,in,out), depthwise (h,w,c,m); pictures are mostly (n,h,w,c).
 * SAME padding makes the result ceil(in / stride) and puts an odd row at the end. */
#include "import_tensorflow.h"

#include <limits.h>
#include <math.h>
#include <string.h>

/* ---- windows ---- */

static P2cStatus format_of(P2cImporter *im, bool *channels_last) {
    const char *format = p2c_import_text(im, "data_format", "NHWC");
    *channels_last = !strcmp(format, "NHWC");
    return *channels_last || !strcmp(format, "NCHW")
               ? P2C_OK
               : p2c_import_fail(im, "data_format '%.20s' is not supported", format);
}

/* Reads the two of four numbers that are for h and w; the others must be 1. */
static P2cStatus pair(P2cImporter *im, const char *attribute, bool channels_last, bool wanted,
                      int64_t out[2]) {
    int64_t list[P2C_MAX_RANK];
    int count = p2c_import_list(im, attribute, list), h = channels_last ? 1 : 2;
    out[0] = out[1] = 1;
    if (count < 0 && !wanted) return P2C_OK;
    if (count != 4 || list[0] != 1 || list[channels_last ? 3 : 1] != 1)
        return p2c_import_fail(im, "%s that are not supported", attribute);
    out[0] = list[h];
    out[1] = list[h + 1];
    return P2C_OK;
}

static int64_t same_padding(int64_t in, int64_t out, int64_t k, int64_t stride, int64_t dilation) {
    int64_t all = (out - 1) * stride + (k - 1) * dilation + 1 - in;
    return all > 0 ? all : 0;
}

/* size: h and w of the padded planes. */
static P2cStatus paddings(P2cImporter *im, const int64_t size[2], bool channels_last,
                          P2cWindow *w) {
    const char *mode = p2c_import_text(im, "padding", "");
    int64_t list[P2C_MAX_RANK];
    for (int i = 0; i < 2; i++) {
        int64_t k = w->k[i], s = w->stride[i], d = w->dilation[i];
        w->before[i] = w->after[i] = 0;
        if (k < 1 || k > 1 << 16 || s < 1 || s > 1 << 16 || d < 1 || d > 1 << 16)
            return p2c_import_fail(im, "an impossible window");
        if (!strcmp(mode, "SAME")) {
            int64_t all = same_padding(size[i], (size[i] + s - 1) / s, k, s, d);
            w->before[i] = all / 2;
            w->after[i] = all - all / 2;
        } else if (!strcmp(mode, "EXPLICIT")) {
            if (p2c_import_list(im, "explicit_paddings", list) != 8)
                return p2c_import_fail(im, "EXPLICIT padding needs eight numbers");
            w->before[i] = list[2 * (i + (channels_last ? 1 : 2))];
            w->after[i] = list[2 * (i + (channels_last ? 1 : 2)) + 1];
        } else if (strcmp(mode, "VALID")) return p2c_import_fail(im, "padding '%.20s'", mode);
    }
    return P2C_OK;
}

/* k: the size of the window; NULL if the attribute ksize has it. */
static P2cStatus window(P2cImporter *im, const P2cImported *x, const int64_t *k,
                        bool *channels_last, P2cWindow *w) {
    *w = (P2cWindow){ 0 };
    if (x->shape.rank != 4)
        return p2c_import_fail(im, "input of shape %s: only pictures of four axes are supported",
                               p2c_shape_text(x->shape).text);
    P2cStatus status = format_of(im, channels_last);
    if (status) return status;
    if (!k) status = pair(im, "ksize", *channels_last, true, w->k);
    else memcpy(w->k, k, sizeof w->k);
    if (!status) status = pair(im, "strides", *channels_last, true, w->stride);
    if (!status) status = pair(im, "dilations", *channels_last, false, w->dilation);
    return status ? status
                  : paddings(im, x->shape.size + (*channels_last ? 1 : 2), *channels_last, w);
}

static P2cStatus rank_four(P2cImporter *im, const P2cImported *w) {
    return w->shape.rank == 4 ? P2C_OK
                              : p2c_import_fail(im, "weights %s", p2c_shape_text(w->shape).text);
}

static P2cStatus conv_of(P2cImporter *im, P2cImported *x, P2cImported *w, const P2cConvolution *c,
                         P2cImported *out) {
    bool waits;
    P2cStatus status = p2c_tf_conv_of_blocks(im, x, w, c, out, &waits);
    return status || waits ? status : p2c_import_conv(im, x, w, NULL, c, out);
}

static P2cStatus conv(P2cImporter *im, P2cImported **in, P2cImported **out) {
    P2cConvolution c = { 0 };
    P2cImported weight = { 0 };
    P2cStatus status = rank_four(im, in[1]);
    if (!status) status = window(im, in[0], in[1]->shape.size, &c.channels_last, &c.window);
    if (!status) status = p2c_import_transpose(im, in[1], (int[]){ 3, 2, 0, 1 }, &weight);
    if (status) return status;
    int64_t cin = in[0]->shape.size[c.channels_last ? 3 : 1];
    c.groups = weight.shape.size[1] ? cin / weight.shape.size[1] : 0;
    return conv_of(im, in[0], &weight, &c, out[0]);
}

static P2cStatus depthwise(P2cImporter *im, P2cImported **in, P2cImported **out) {
    P2cConvolution c = { 0 };
    P2cImported turned = { 0 }, weight = { 0 };
    P2cStatus status = rank_four(im, in[1]);
    if (!status) status = window(im, in[0], in[1]->shape.size, &c.channels_last, &c.window);
    if (!status) status = p2c_import_transpose(im, in[1], (int[]){ 2, 3, 0, 1 }, &turned);
    if (status) return status;
    const int64_t *s = turned.shape.size;
    c.groups = s[0];
    status = p2c_import_check(im, turned.shape, false);
    if (!status)
        status = p2c_import_to_shape(im, &turned, (P2cShape){ 4, { s[0] * s[1], 1, s[2], s[3] } },
                                     &weight);
    return status ? status : conv_of(im, in[0], &weight, &c, out[0]);
}

/* The gradient of a convolution with respect to its input. Operands are the size of the result, the
 * weights, and the input. */
static P2cStatus conv_back(P2cImporter *im, P2cImported **in, P2cImported **out) {
    P2cConvolution c = { .transposed = true, .groups = 1 };
    P2cImported weight = { 0 };
    P2cWindow *w = &c.window;
    int64_t size[4];
    int count;
    P2cStatus status = rank_four(im, in[1]);
    if (!status) status = window(im, in[2], in[1]->shape.size, &c.channels_last, w);
    if (!status) status = p2c_import_ints(im, in[0], 4, size, &count);
    if (!status && count == 2) memmove(size + (c.channels_last ? 1 : 2), size, 2 * sizeof *size);
    else if (!status && count != 4)
        status = p2c_import_fail(im, "a result of %d sizes is not supported", count);
    int h = c.channels_last ? 1 : 2;
    for (int i = 0; i < 2 && !status; i++)
        if (size[h + i] < 1 || size[h + i] > INT_MAX)
            status = p2c_import_fail(im, "a result of impossible size");
    if (!status) status = paddings(im, size + h, c.channels_last, w);
    for (int i = 0; i < 2 && !status; i++)
        c.output_padding[i] =
            size[h + i] - ((in[2]->shape.size[h + i] - 1) * w->stride[i] +
                           (w->k[i] - 1) * w->dilation[i] + 1 - w->before[i] - w->after[i]);
    if (!status) status = p2c_import_transpose(im, in[1], (int[]){ 3, 2, 0, 1 }, &weight);
    return status ? status : p2c_import_conv(im, in[2], &weight, NULL, &c, out[0]);
}

static P2cStatus max_pool(P2cImporter *im, P2cImported **in, P2cImported **out) {
    P2cWindow w;
    bool last;
    P2cStatus status = window(im, in[0], NULL, &last, &w);
    return status ? status : p2c_import_max_pool(im, in[0], w, false, last, out[0]);
}

static P2cStatus avg_pool(P2cImporter *im, P2cImported **in, P2cImported **out) {
    P2cWindow w;
    bool last;
    P2cStatus status = window(im, in[0], NULL, &last, &w);
    return status ? status : p2c_import_avg_pool(im, in[0], w, false, false, last, out[0]);
}

static P2cStatus resize(P2cImporter *im, P2cImported **in, P2cImported **out) {
    bool corners = p2c_import_int(im, "align_corners", 0) != 0,
         half = p2c_import_int(im, "half_pixel_centers", 0) != 0;
    P2cScaling s = { .linear = !strcmp(im->at->op, "ResizeBilinear"),
                     .coordinates = corners ? P2C_ALIGN_CORNERS
                                    : half  ? P2C_HALF_PIXEL
                                            : P2C_ASYMMETRIC };
    int64_t size[2];
    int count;
    /* half pixels: (i+0.5)*in/out rounded down equals i + 0.5 less, rounded to nearest */
    s.rounding = corners || half ? P2C_ROUND_HALF_UP : P2C_ROUND_DOWN;
    P2cStatus status = p2c_import_ints(im, in[1], 2, size, &count);
    if (!status && count != 2) status = p2c_import_fail(im, "%d sizes", count);
    return status ? status : p2c_import_resize(im, in[0], size[0], size[1], s, true, out[0]);
}

/* ---- norms, biases, arithmetic ---- */

static P2cStatus batch_norm(P2cImporter *im, P2cImported **in, P2cImported **out) {
    bool last;
    P2cStatus status = format_of(im, &last);
    if (!status && p2c_import_int(im, "is_training", 1))
        status = p2c_import_fail(im, "is still in training mode");
    return status
               ? status
               : p2c_import_batch_norm(im, in[0], in + 1,
                                       (float)p2c_import_float(im, "epsilon", 1e-4), last, out[0]);
}

static P2cStatus bias_add(P2cImporter *im, P2cImported **in, P2cImported **out) {
    bool last;
    P2cImported bias = { 0 };
    P2cShape shape = { 1, { in[1]->shape.rank == 1 ? in[1]->shape.size[0] : 0 } };
    P2cStatus status = format_of(im, &last);
    if (status) return status;
    for (int i = 2; i < in[0]->shape.rank && !last; i++) shape.size[shape.rank++] = 1;
    status = p2c_import_to_shape(im, in[1], shape, &bias);
    bias.name = in[1]->name;
    return status ? status : p2c_import_arithmetic(im, "Add", in[0], &bias, out[0]);
}

static P2cStatus leaky_relu(P2cImporter *im, P2cImported **in, P2cImported **out) {
    return p2c_import_map(im, in[0], p2c_import_leaky,
                          (float[]){ (float)p2c_import_float(im, "alpha", 0.2) }, out[0]);
}

static P2cStatus elu(P2cImporter *im, P2cImported **in, P2cImported **out) {
    return p2c_import_map(im, in[0], p2c_import_elu, (float[]){ 1 }, out[0]);
}

static P2cNode *selu_node(P2cNode *x, const float *n) {
    return p2c_affine(p2c_import_elu(x, n), n[1], 0);
}
static P2cStatus selu(P2cImporter *im, P2cImported **in, P2cImported **out) {
    return p2c_import_map(im, in[0], selu_node, (float[]){ 1.67326319f, 1.05070102f }, out[0]);
}

static P2cStatus clip(P2cImporter *im, P2cImported **in, P2cImported **out) {
    double low, high;
    P2cStatus status = p2c_import_scalar(im, in[1], &low);
    if (!status) status = p2c_import_scalar(im, in[2], &high);
    return status ? status
                  : p2c_import_map(im, in[0], p2c_import_clamp,
                                   (float[]){ (float)low, (float)high }, out[0]);
}

static P2cStatus softmax(P2cImporter *im, P2cImported **in, P2cImported **out) {
    if (in[0]->shape.rank < 1) return p2c_import_fail(im, "of one number");
    return p2c_import_softmax(im, in[0], in[0]->shape.rank - 1, !strcmp(im->at->op, "LogSoftmax"),
                              out[0]);
}

static P2cStatus reduce(P2cImporter *im, P2cImported **in, P2cImported **out) {
    int64_t axes[P2C_MAX_RANK];
    int count;
    P2cStatus status = p2c_import_ints(im, in[1], P2C_MAX_RANK, axes, &count);
    if (!status && !count) return p2c_tf_identity(im, in, out);
    return status ? status
                  : p2c_import_reduce(im, in[0], count, axes,
                                      p2c_import_int(im, "keep_dims", 0) != 0, im->at->op, out[0]);
}

/* Exchanges the last two axes if the attribute says so. */
static P2cStatus turned(P2cImporter *im, P2cImported *x, bool turn, P2cImported *out) {
    int order[P2C_MAX_RANK], rank = x->shape.rank;
    if (!turn) return p2c_import_to_shape(im, x, x->shape, out);
    if (rank < 2) return p2c_import_fail(im, "of %s", p2c_shape_text(x->shape).text);
    for (int i = 0; i < rank; i++) order[i] = i < rank - 2 ? i : 2 * rank - 3 - i;
    return p2c_import_transpose(im, x, order, out);
}

static P2cStatus matmul(P2cImporter *im, P2cImported **in, P2cImported **out) {
    bool plain = !strcmp(im->at->op, "MatMul");
    P2cImported a = { 0 }, b = { 0 };
    P2cStatus status =
        turned(im, in[0], p2c_import_int(im, plain ? "transpose_a" : "adj_x", 0) != 0, &a);
    if (!status)
        status = turned(im, in[1], p2c_import_int(im, plain ? "transpose_b" : "adj_y", 0) != 0, &b);
    return status ? status : p2c_import_matmul(im, &a, &b, out[0]);
}

/* ---- the table ---- */

const P2cImportOp *p2c_tensorflow_ops(void) {
    static const P2cImportOp ops[] = {
        { "Abs", p2c_import_unary, 1, 1 },
        { "Add", p2c_import_binary, 2, 2 },
        { "AddN", p2c_import_binary, 1, 0 },
        { "AddV2", p2c_import_binary, 2, 2 },
        { "AvgPool", avg_pool, 1, 1 },
        { "BatchMatMul", matmul, 2, 2 },
        { "BatchMatMulV2", matmul, 2, 2 },
        { "BatchToSpaceND", p2c_tf_batch_to_space, 3, 3 },
        { "BiasAdd", bias_add, 2, 2 },
        { "Cast", p2c_tf_cast, 1, 1 },
        { "Ceil", p2c_import_unary, 1, 1 },
        { "CheckNumerics", p2c_tf_identity, 1, 1 },
        { "ClipByValue", clip, 3, 3 },
        { "ConcatV2", p2c_tf_concat, 2, 0 },
        { "Conv2D", conv, 2, 2 },
        { "Conv2DBackpropInput", conv_back, 3, 3 },
        { "DepthToSpace", p2c_tf_depth_to_space, 1, 1 },
        { "DepthwiseConv2dNative", depthwise, 2, 2 },
        { "Elu", elu, 1, 1 },
        { "Equal", p2c_import_binary, 2, 2 },
        { "Exp", p2c_import_unary, 1, 1 },
        { "ExpandDims", p2c_tf_expand_dims, 2, 2 },
        { "Fill", p2c_tf_fill, 2, 2 },
        { "Floor", p2c_import_unary, 1, 1 },
        { "FloorDiv", p2c_import_binary, 2, 2 },
        { "FloorMod", p2c_import_binary, 2, 2 },
        { "FusedBatchNorm", batch_norm, 5, 5 },
        { "FusedBatchNormV2", batch_norm, 5, 5 },
        { "FusedBatchNormV3", batch_norm, 5, 5 },
        { "Gather", p2c_tf_gather, 2, 2 },
        { "GatherV2", p2c_tf_gather, 3, 3 },
        { "Greater", p2c_import_binary, 2, 2 },
        { "GreaterEqual", p2c_import_binary, 2, 2 },
        { "Identity", p2c_tf_identity, 1, 1 },
        { "LeakyRelu", leaky_relu, 1, 1 },
        { "Less", p2c_import_binary, 2, 2 },
        { "LessEqual", p2c_import_binary, 2, 2 },
        { "Log", p2c_import_unary, 1, 1 },
        { "LogSoftmax", softmax, 1, 1 },
        { "MatMul", matmul, 2, 2 },
        { "Max", reduce, 2, 2 },
        { "MaxPool", max_pool, 1, 1 },
        { "Maximum", p2c_import_binary, 2, 2 },
        { "Mean", reduce, 2, 2 },
        { "Min", reduce, 2, 2 },
        { "Minimum", p2c_import_binary, 2, 2 },
        { "MirrorPad", p2c_tf_mirror_pad, 2, 2 },
        { "Mul", p2c_import_binary, 2, 2 },
        { "Neg", p2c_import_unary, 1, 1 },
        { "Pack", p2c_tf_pack, 1, 0 },
        { "Pad", p2c_tf_pad, 2, 2 },
        { "PadV2", p2c_tf_pad, 3, 3 },
        { "PlaceholderWithDefault", p2c_tf_identity, 1, 1 },
        { "Pow", p2c_import_binary, 2, 2 },
        { "Prod", reduce, 2, 2 },
        { "Range", p2c_tf_range, 3, 3 },
        { "Rank", p2c_tf_rank, 1, 1 },
        { "RealDiv", p2c_import_binary, 2, 2 },
        { "Reciprocal", p2c_import_unary, 1, 1 },
        { "Relu", p2c_import_unary, 1, 1 },
        { "Relu6", p2c_import_unary, 1, 1 },
        { "Reshape", p2c_tf_reshape, 2, 2 },
        { "ResizeBilinear", resize, 2, 2 },
        { "ResizeNearestNeighbor", resize, 2, 2 },
        { "Rsqrt", p2c_import_unary, 1, 1 },
        { "Select", p2c_tf_select, 3, 3 },
        { "SelectV2", p2c_tf_select, 3, 3 },
        { "Selu", selu, 1, 1 },
        { "Shape", p2c_tf_shape, 1, 1 },
        { "Sigmoid", p2c_import_unary, 1, 1 },
        { "Size", p2c_tf_size, 1, 1 },
        { "Slice", p2c_tf_slice, 3, 3 },
        { "Snapshot", p2c_tf_identity, 1, 1 },
        { "Softmax", softmax, 1, 1 },
        { "Softplus", p2c_import_unary, 1, 1 },
        { "Softsign", p2c_import_unary, 1, 1 },
        { "SpaceToBatchND", p2c_tf_space_to_batch, 3, 3 },
        { "SpaceToDepth", p2c_tf_space_to_depth, 1, 1 },
        { "Split", p2c_tf_split, 2, 2 },
        { "SplitV", p2c_tf_split, 3, 3 },
        { "Sqrt", p2c_import_unary, 1, 1 },
        { "Square", p2c_import_unary, 1, 1 },
        { "SquaredDifference", p2c_import_binary, 2, 2 },
        { "Squeeze", p2c_tf_squeeze, 1, 1 },
        { "StopGradient", p2c_tf_identity, 1, 1 },
        { "StridedSlice", p2c_tf_strided_slice, 4, 4 },
        { "Sub", p2c_import_binary, 2, 2 },
        { "Sum", reduce, 2, 2 },
        { "Tanh", p2c_import_unary, 1, 1 },
        { "Tile", p2c_tf_tile, 2, 2 },
        { "Transpose", p2c_tf_transpose, 2, 2 },
        { "Unpack", p2c_tf_unpack, 1, 1 },
        { 0 },
    };
    return ops;
}

/* import_onnx.c: the table of ONNX's operations (operator sets 7 to 21), and the rules for
 * arithmetic and norms. */
#include "import_onnx.h"

#include <math.h>
#include <string.h>

P2cStatus p2c_onnx_ints(P2cImporter *im, P2cImported **in, int at, const char *attribute,
                        int64_t values[P2C_MAX_RANK], int *count) {
    if (at < P2C_IMPORT_OPERANDS && in[at] && p2c_shape_count(in[at]->shape))
        return p2c_import_ints(im, in[at], P2C_MAX_RANK, values, count);
    *count = p2c_import_list(im, attribute, values);
    return P2C_OK;
}

/* ---- elementwise ---- */

static P2cStatus leaky_relu(P2cImporter *im, P2cImported **in, P2cImported **out) {
    return p2c_import_map(im, in[0], p2c_import_leaky,
                          (float[]){ (float)p2c_import_float(im, "alpha", 0.01) }, out[0]);
}

static P2cStatus elu(P2cImporter *im, P2cImported **in, P2cImported **out) {
    return p2c_import_map(im, in[0], p2c_import_elu,
                          (float[]){ (float)p2c_import_float(im, "alpha", 1) }, out[0]);
}

static P2cNode *selu_node(P2cNode *x, const float *n) {
    return p2c_affine(p2c_import_elu(x, n), n[1], 0);
}
static P2cStatus selu(P2cImporter *im, P2cImported **in, P2cImported **out) {
    float n[] = { (float)p2c_import_float(im, "alpha", 1.67326319217681884765625),
                  (float)p2c_import_float(im, "gamma", 1.05070102214813232421875) };
    return p2c_import_map(im, in[0], selu_node, n, out[0]);
}

static P2cNode *hard_sigmoid_node(P2cNode *x, const float *n) {
    return p2c_clamp(p2c_affine(x, n[0], n[1]), 0, 1);
}
static P2cStatus hard_sigmoid(P2cImporter *im, P2cImported **in, P2cImported **out) {
    float n[] = { (float)p2c_import_float(im, "alpha", 0.2),
                  (float)p2c_import_float(im, "beta", 0.5) };
    return p2c_import_map(im, in[0], hard_sigmoid_node, n, out[0]);
}

/* The bounds are attributes up to operator set 10, and operands after that. */
static P2cStatus clip(P2cImporter *im, P2cImported **in, P2cImported **out) {
    float range[2];
    double bound[2] = { p2c_import_float(im, "min", -INFINITY),
                        p2c_import_float(im, "max", INFINITY) };
    P2cStatus status = P2C_OK;
    for (int i = 0; i < 2 && !status; i++) {
        if (in[1 + i]) status = p2c_import_scalar(im, in[1 + i], &bound[i]);
        range[i] = (float)bound[i];
    }
    if (status || !in[0]->constant)
        return status ? status : p2c_import_map(im, in[0], p2c_import_clamp, range, out[0]);
    P2cImported low = { 0 }, high = { 0 }, part = { 0 };
    status = p2c_import_constant(im, &low, p2c_value_tensor(P2C_F32, (P2cShape){ 0 }, &range[0]));
    if (!status)
        status =
            p2c_import_constant(im, &high, p2c_value_tensor(P2C_F32, (P2cShape){ 0 }, &range[1]));
    if (!status) status = p2c_import_arithmetic(im, "Max", in[0], &low, &part);
    return status ? status : p2c_import_arithmetic(im, "Min", &part, &high, out[0]);
}

static P2cStatus prelu(P2cImporter *im, P2cImported **in, P2cImported **out) {
    return p2c_import_prelu(im, in[0], in[1], out[0]);
}

/* Comparisons and similar operations are supported only for constants; p2c_import_arithmetic checks
 * that. */
static P2cStatus mean(P2cImporter *im, P2cImported **in, P2cImported **out) {
    P2cImported now = { 0 };
    P2cStatus status = P2C_OK;
    int count = im->at->input_count;
    if (!in[0]->constant) p2c_import_use_raw(im, in[0]);
    now = *in[0];
    for (int i = 1; i < count && !status; i++) {
        P2cImported next = { 0 };
        status = p2c_import_arithmetic(im, "Add", &now, in[i], &next);
        now = next;
    }
    return status ? status
                  : p2c_import_map(im, &now, p2c_import_affine, (float[]){ 1.0f / (float)count, 0 },
                                   out[0]);
}

/* ---- softmax and reductions ---- */

/* Up to operator set 12 the tensor is seen as a matrix that is split before the axis. */
static P2cStatus softmax(P2cImporter *im, P2cImported **in, P2cImported **out) {
    bool old = im->model->opset < 13, log = !strcmp(im->at->op, "LogSoftmax");
    int axis;
    P2cStatus status =
        p2c_import_axis(im, p2c_import_int(im, "axis", old ? 1 : -1), in[0]->shape.rank, &axis);
    if (status || !old || axis == in[0]->shape.rank - 1)
        return status ? status : p2c_import_softmax(im, in[0], axis, log, out[0]);
    P2cShape flat = { 2, { 1, 1 } };
    P2cImported matrix = { 0 }, result = { 0 };
    for (int i = 0; i < in[0]->shape.rank; i++) flat.size[i >= axis] *= in[0]->shape.size[i];
    status = p2c_import_to_shape(im, in[0], flat, &matrix);
    if (!status) status = p2c_import_softmax(im, &matrix, 1, log, &result);
    return status ? status : p2c_import_to_shape(im, &result, in[0]->shape, out[0]);
}

static P2cStatus reduce(P2cImporter *im, P2cImported **in, P2cImported **out) {
    int64_t axes[P2C_MAX_RANK];
    int count;
    P2cStatus status = p2c_onnx_ints(im, in, 1, "axes", axes, &count);
    if (status) return status;
    if (count < 1 && p2c_import_int(im, "noop_with_empty_axes", 0))
        return p2c_onnx_identity(im, in, out);
    return p2c_import_reduce(im, in[0], count < 0 ? 0 : count, axes,
                             p2c_import_int(im, "keepdims", 1) != 0, im->at->op + strlen("Reduce"),
                             out[0]);
}

/* ---- matrices and norms ---- */

static P2cStatus gemm(P2cImporter *im, P2cImported **in, P2cImported **out) {
    float alpha = (float)p2c_import_float(im, "alpha", 1),
          beta = (float)p2c_import_float(im, "beta", 1);
    P2cImported left = { 0 }, bias = { 0 }, *x = in[0], *b = in[2];
    P2cStatus status = P2C_OK;
    if (x->shape.rank != 2) return p2c_import_fail(im, "of %s", p2c_shape_text(x->shape).text);
    if (p2c_import_int(im, "transA", 0)) {
        status = p2c_import_transpose(im, x, (int[]){ 1, 0 }, &left);
        x = &left;
    }
    if (b && beta != 1 && !status) {
        P2cImported factor = { 0 };
        status =
            p2c_import_constant(im, &factor, p2c_value_tensor(P2C_F32, (P2cShape){ 0 }, &beta));
        if (!status) status = p2c_import_arithmetic(im, "Mul", b, &factor, &bias);
        bias.name = b->name;
        b = &bias;
    }
    return status ? status
                  : p2c_import_linear(im, x, in[1], p2c_import_int(im, "transB", 0) != 0, alpha, b,
                                      out[0]);
}

static P2cStatus matmul(P2cImporter *im, P2cImported **in, P2cImported **out) {
    return p2c_import_matmul(im, in[0], in[1], out[0]);
}

static P2cStatus batch_norm(P2cImporter *im, P2cImported **in, P2cImported **out) {
    if (p2c_import_int(im, "training_mode", 0) || !p2c_import_int(im, "spatial", 1))
        return p2c_import_fail(im, "a mode that is not supported");
    return p2c_import_batch_norm(im, in[0], in + 1, (float)p2c_import_float(im, "epsilon", 1e-5),
                                 false, out[0]);
}

/* y = normalised * scale + bias, both broadcast. scale_shape: the shape of scale and bias if they
 * are per channel. */
static P2cStatus scale_and_shift(P2cImporter *im, P2cImported *normalised, P2cImported *scale,
                                 P2cImported *bias, P2cShape shape, P2cImported *out) {
    P2cImported s = { 0 }, b = { 0 }, scaled = { 0 };
    P2cStatus status = p2c_import_to_shape(im, scale, shape, &s);
    if (!status && bias) status = p2c_import_to_shape(im, bias, shape, &b);
    s.name = scale->name;
    if (bias) b.name = bias->name;
    if (!status) status = p2c_import_arithmetic(im, "Mul", normalised, &s, bias ? &scaled : out);
    return status || !bias ? status : p2c_import_arithmetic(im, "Add", &scaled, &b, out);
}

static P2cNode *normalised(P2cNode *x, const float *eps) { return p2c_instance_norm(x, *eps); }

static P2cStatus instance_norm(P2cImporter *im, P2cImported **in, P2cImported **out) {
    P2cImported plain = { 0 };
    P2cShape per_channel = { 3, { in[1]->shape.rank == 1 ? in[1]->shape.size[0] : 0, 1, 1 } };
    if (in[0]->shape.rank != 4)
        return p2c_import_fail(im, "input of shape %s: only pictures of four axes are supported",
                               p2c_shape_text(in[0]->shape).text);
    P2cNode *x = p2c_import_use(im, in[0]);
    P2cStatus status = p2c_import_node(
        im, &plain, in[0]->shape,
        x ? normalised(x, (float[]){ (float)p2c_import_float(im, "epsilon", 1e-5) }) : NULL);
    return status ? status : scale_and_shift(im, &plain, in[1], in[2], per_channel, out[0]);
}

/* Normalises over all axes from 1 on, as planes of an instance norm. */
static P2cStatus layer_norm(P2cImporter *im, P2cImported **in, P2cImported **out) {
    P2cShape shape = in[0]->shape, last = { 0 };
    P2cImported plain = { 0 };
    int axis, rows = 1, n = 1;
    P2cStatus status = p2c_import_axis(im, p2c_import_int(im, "axis", -1), shape.rank, &axis);
    if (status) return status;
    for (int i = 0; i < shape.rank; i++) *(i < axis ? &rows : &n) *= (int)shape.size[i];
    for (int i = axis; i < shape.rank; i++) last.size[last.rank++] = shape.size[i];
    P2cNode *x = p2c_import_use(im, in[0]);
    float eps = (float)p2c_import_float(im, "epsilon", 1e-5);
    P2cNode *y = x ? p2c_instance_norm(p2c_reshape(x, P2C_DIMS(1, rows, n, 1)), eps) : NULL;
    status = p2c_import_node(im, &plain, shape, p2c_import_reshape(y, p2c_import_dims(shape)));
    return status ? status : scale_and_shift(im, &plain, in[1], in[2], last, out[0]);
}

/* ---- the table ---- */

const P2cImportOp *p2c_onnx_ops(void) {
    static const P2cImportOp ops[] = {
        { "Abs", p2c_import_unary, 1, 1 },
        { "Add", p2c_import_binary, 2, 2 },
        { "And", p2c_import_binary, 2, 2 },
        { "AveragePool", p2c_onnx_average_pool, 1, 1 },
        { "BatchNormalization", batch_norm, 5, 5 },
        { "Cast", p2c_onnx_cast, 1, 1 },
        { "Ceil", p2c_import_unary, 1, 1 },
        { "Clip", clip, 1, 3 },
        { "Concat", p2c_onnx_concat, 1, 0 },
        { "Constant", p2c_onnx_constant, 0, 1 },
        { "ConstantOfShape", p2c_onnx_constant_of_shape, 1, 1 },
        { "Conv", p2c_onnx_conv, 2, 3 },
        { "ConvTranspose", p2c_onnx_conv_transpose, 2, 3 },
        { "DepthToSpace", p2c_onnx_depth_to_space, 1, 1 },
        { "Div", p2c_import_binary, 2, 2 },
        { "Dropout", p2c_onnx_identity, 1, 3 },
        { "Elu", elu, 1, 1 },
        { "Equal", p2c_import_binary, 2, 2 },
        { "Exp", p2c_import_unary, 1, 1 },
        { "Expand", p2c_onnx_expand, 2, 2 },
        { "Flatten", p2c_onnx_flatten, 1, 1 },
        { "Floor", p2c_import_unary, 1, 1 },
        { "Gather", p2c_onnx_gather, 2, 2 },
        { "Gemm", gemm, 2, 3 },
        { "GlobalAveragePool", p2c_onnx_global_average_pool, 1, 1 },
        { "GlobalMaxPool", p2c_onnx_global_max_pool, 1, 1 },
        { "Greater", p2c_import_binary, 2, 2 },
        { "GreaterOrEqual", p2c_import_binary, 2, 2 },
        { "HardSigmoid", hard_sigmoid, 1, 1 },
        { "HardSwish", p2c_import_unary, 1, 1 },
        { "Identity", p2c_onnx_identity, 1, 1 },
        { "InstanceNormalization", instance_norm, 3, 3 },
        { "LayerNormalization", layer_norm, 2, 3 },
        { "LeakyRelu", leaky_relu, 1, 1 },
        { "Less", p2c_import_binary, 2, 2 },
        { "LessOrEqual", p2c_import_binary, 2, 2 },
        { "Log", p2c_import_unary, 1, 1 },
        { "LogSoftmax", softmax, 1, 1 },
        { "MatMul", matmul, 2, 2 },
        { "Max", p2c_import_binary, 1, 0 },
        { "MaxPool", p2c_onnx_max_pool, 1, 1 },
        { "Mean", mean, 1, 0 },
        { "Min", p2c_import_binary, 1, 0 },
        { "Mish", p2c_import_unary, 1, 1 },
        { "Mod", p2c_import_binary, 2, 2 },
        { "Mul", p2c_import_binary, 2, 2 },
        { "Neg", p2c_import_unary, 1, 1 },
        { "Not", p2c_import_unary, 1, 1 },
        { "Or", p2c_import_binary, 2, 2 },
        { "PRelu", prelu, 2, 2 },
        { "Pad", p2c_onnx_pad, 1, 4 },
        { "Pow", p2c_import_binary, 2, 2 },
        { "Range", p2c_onnx_range, 3, 3 },
        { "Reciprocal", p2c_import_unary, 1, 1 },
        { "ReduceL2", reduce, 1, 2 },
        { "ReduceMax", reduce, 1, 2 },
        { "ReduceMean", reduce, 1, 2 },
        { "ReduceMin", reduce, 1, 2 },
        { "ReduceProd", reduce, 1, 2 },
        { "ReduceSum", reduce, 1, 2 },
        { "ReduceSumSquare", reduce, 1, 2 },
        { "Relu", p2c_import_unary, 1, 1 },
        { "Reshape", p2c_onnx_reshape, 2, 2 },
        { "Resize", p2c_onnx_resize, 1, 4 },
        { "Round", p2c_import_unary, 1, 1 },
        { "Selu", selu, 1, 1 },
        { "Shape", p2c_onnx_shape, 1, 1 },
        { "Sigmoid", p2c_import_unary, 1, 1 },
        { "Sign", p2c_import_unary, 1, 1 },
        { "Size", p2c_onnx_size, 1, 1 },
        { "Slice", p2c_onnx_slice, 1, 5 },
        { "Softmax", softmax, 1, 1 },
        { "Softplus", p2c_import_unary, 1, 1 },
        { "Softsign", p2c_import_unary, 1, 1 },
        { "SpaceToDepth", p2c_onnx_space_to_depth, 1, 1 },
        { "Split", p2c_onnx_split, 1, 2 },
        { "Sqrt", p2c_import_unary, 1, 1 },
        { "Squeeze", p2c_onnx_squeeze, 1, 2 },
        { "Sub", p2c_import_binary, 2, 2 },
        { "Sum", p2c_import_binary, 1, 0 },
        { "Tanh", p2c_import_unary, 1, 1 },
        { "Tile", p2c_onnx_tile, 2, 2 },
        { "Transpose", p2c_onnx_transpose, 1, 1 },
        { "Unsqueeze", p2c_onnx_unsqueeze, 1, 2 },
        { "Upsample", p2c_onnx_upsample, 1, 2 },
        { "Where", p2c_onnx_where, 3, 3 },
        { 0 },
    };
    return ops;
}

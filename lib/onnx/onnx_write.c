/* onnx_write.c: writes a graph as an ONNX file: the nodes that its outputs need, operation by
 * operation, with their weights.
 *
 * ONNX aligns shapes from the right when it broadcasts, this library from the left; so operands of
 * lower rank get sizes of 1 at the end. Reflection padding is an extra Pad operation in ONNX.
 * ONNX's InstanceNormalization divides by the biased deviation; LIN divides by the unbiased one,
 * which is sqrt(k) times the biased one for eps/k, k = n/(n-1). The graph must not be finished,
 * because fused operations have no counterpart in ONNX. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/device.h"
#include "graph/node.h"
#include "graph/params.h"
#include "onnx_out.h"
#include "op/affine.h"
#include "op/axis.h"
#include "op/clamp.h"
#include "op/conv2d.h"
#include "op/conv_transpose2d.h"
#include "op/eps.h"
#include "op/factor.h"
#include "op/pow.h"
#include "op/relu.h"
#include "op/resize.h"
#include "op/slice.h"
#include "op/transpose.h"

typedef struct Writer {
    P2cOnnx out;
    const P2cGraph *graph;
    bool *needed;       /* by index in the graph's order */
    const char **names; /* names of the nodes' values */
} Writer;

#define NAMES(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define ATTRIBUTES(...) ((const P2cOnnxAttribute[]){ __VA_ARGS__, NULL })

static const char *name_of(const Writer *w, const P2cNode *node) {
    return w->names[p2c_node_id(node)];
}
static const char *operand(const Writer *w, const P2cNode *node, int i) {
    return name_of(w, node->x[i]);
}

/* Reshapes x; a size of 0 keeps that of x. */
static const char *reshaped(Writer *w, const char *x, int rank, const int64_t sizes[]) {
    return p2c_onnx_node(&w->out, "Reshape", NAMES(x, p2c_onnx_whole(&w->out, rank, sizes)), NULL);
}

static const char *with_dims(Writer *w, const char *x, P2cDims dims, int rank) {
    int64_t sizes[4];
    for (int i = 0; i < 4; i++) sizes[i] = dims.d[i];
    return reshaped(w, x, rank, sizes);
}

/* Returns an operand with as many axes as the result, for broadcasting. */
static const char *aligned(Writer *w, const P2cNode *node, int i) {
    const P2cNode *x = node->x[i];
    return x->dims.rank == node->dims.rank || !x->dims.rank
               ? name_of(w, x)
               : with_dims(w, name_of(w, x), x->dims, node->dims.rank);
}

static const char *filled(Writer *w, int count, float value) {
    float *values = p2c_onnx_take(&w->out, (size_t)count * sizeof *values);
    for (int i = 0; values && i < count; i++) values[i] = value;
    return p2c_onnx_floats(&w->out, NULL, 1, &count, values);
}

/* (x - mean) / sqrt(var + eps) * scale for each of `channels` planes */
static const char *normalised(Writer *w, const char *x, int channels, float scale, float eps) {
    return p2c_onnx_node(&w->out, "InstanceNormalization",
                         NAMES(x, filled(w, channels, scale), filled(w, channels, 0)),
                         ATTRIBUTES(p2c_onnx_attr_float(&w->out, "epsilon", eps)));
}

static const char *pair(Writer *w, const char *op, const char *a, const char *b) {
    return p2c_onnx_node(&w->out, op, NAMES(a, b), NULL);
}

/* ---- one function for each operation, or for several similar ones ---- */

typedef const char *Write(Writer *w, const P2cNode *node);

#define PLAIN(function, op) \
    static const char *function(Writer *w, const P2cNode *node) { \
        return p2c_onnx_node(&w->out, op, NAMES(operand(w, node, 0)), NULL); \
    }
PLAIN(write_tanh, "Tanh")
PLAIN(write_sigmoid, "Sigmoid")
PLAIN(write_abs, "Abs")
PLAIN(write_exp, "Exp")
PLAIN(write_log, "Log")
PLAIN(write_detach, "Identity")

#define BINARY(function, op) \
    static const char *function(Writer *w, const P2cNode *node) { \
        return pair(w, op, aligned(w, node, 0), aligned(w, node, 1)); \
    }
BINARY(write_add, "Add")
BINARY(write_sub, "Sub")
BINARY(write_mul, "Mul")
BINARY(write_div, "Div")
BINARY(write_matmul, "MatMul")

static const char *write_conv(Writer *w, const P2cNode *node) {
    const P2cConv2d *o = &P2C_ATTRIBUTES(node, P2cConvAttributes)->conv;
    P2cOnnx *out = &w->out;
    const char *x = operand(w, node, 0);
    int64_t p = o->pad, stride = o->stride, dilation = o->dilation ? o->dilation : 1;
    if (o->reflect && p) {
        x = p2c_onnx_node(out, "Pad",
                          NAMES(x, p2c_onnx_whole(out, 8, (int64_t[]){ 0, 0, p, p, 0, 0, p, p })),
                          ATTRIBUTES(p2c_onnx_attr_string(out, "mode", "reflect")));
        p = 0;
    }
    return p2c_onnx_node(
        out, "Conv", NAMES(x, operand(w, node, 1), node->count > 2 ? operand(w, node, 2) : NULL),
        ATTRIBUTES(p2c_onnx_attr_int(out, "group", o->groups),
                   p2c_onnx_attr_ints(out, "pads", 4, (int64_t[]){ p, p, p, p }),
                   p2c_onnx_attr_ints(out, "strides", 2, (int64_t[]){ stride, stride }),
                   p2c_onnx_attr_ints(out, "dilations", 2, (int64_t[]){ dilation, dilation })));
}

static const char *write_conv_transpose(Writer *w, const P2cNode *node) {
    const P2cConvTransposeAttributes *a = P2C_ATTRIBUTES(node, P2cConvTransposeAttributes);
    P2cOnnx *out = &w->out;
    int64_t p = a->conv.pad, stride = a->conv.stride, dilation = a->conv.dilation,
            padding = a->output_padding;
    return p2c_onnx_node(
        out, "ConvTranspose",
        NAMES(operand(w, node, 0), operand(w, node, 1),
              node->count > 2 ? operand(w, node, 2) : NULL),
        ATTRIBUTES(p2c_onnx_attr_int(out, "group", a->conv.groups),
                   p2c_onnx_attr_ints(out, "pads", 4, (int64_t[]){ p, p, p, p }),
                   p2c_onnx_attr_ints(out, "strides", 2, (int64_t[]){ stride, stride }),
                   p2c_onnx_attr_ints(out, "dilations", 2, (int64_t[]){ dilation, dilation }),
                   p2c_onnx_attr_ints(out, "output_padding", 2, (int64_t[]){ padding, padding })));
}

static const char *write_linear(Writer *w, const P2cNode *node) {
    return p2c_onnx_node(&w->out, "Gemm",
                         NAMES(operand(w, node, 0), operand(w, node, 1),
                               node->count > 2 ? operand(w, node, 2) : NULL),
                         ATTRIBUTES(p2c_onnx_attr_int(&w->out, "transB", 1)));
}

static const char *write_instance_norm(Writer *w, const P2cNode *node) {
    return normalised(w, operand(w, node, 0), node->dims.d[1], 1,
                      P2C_ATTRIBUTES(node, P2cNormAttributes)->eps);
}

static const char *unbiased(Writer *w, const char *x, int planes, double n, double eps) {
    double k = n / (n - 1);
    return normalised(w, x, planes, (float)(1 / sqrt(k)), (float)(eps / k));
}

static const char *write_layer_instance_norm(Writer *w, const P2cNode *node) {
    const P2cDims d = node->dims;
    double eps = P2C_ATTRIBUTES(node, P2cNormAttributes)->eps, plane = (double)d.d[2] * d.d[3];
    const char *x = operand(w, node, 0), *rho = aligned(w, node, 1), *gamma = aligned(w, node, 2),
               *beta = aligned(w, node, 3);
    const char *flat =
        reshaped(w, x, 4, (int64_t[]){ d.d[0], 1, (int64_t)d.d[1] * d.d[2], d.d[3] });
    const char *layer = with_dims(w, unbiased(w, flat, 1, d.d[1] * plane, eps), d, 4);
    const char *instance = unbiased(w, x, d.d[1], plane, eps);
    const char *mixed = pair(w, "Add", layer, pair(w, "Mul", rho, pair(w, "Sub", instance, layer)));
    return pair(w, "Add", pair(w, "Mul", mixed, gamma), beta);
}

static const char *write_batch_norm(Writer *w, const P2cNode *node) {
    return p2c_onnx_node(&w->out, "BatchNormalization",
                         NAMES(operand(w, node, 0), operand(w, node, 1), operand(w, node, 2),
                               operand(w, node, 3), operand(w, node, 4)),
                         ATTRIBUTES(p2c_onnx_attr_float(
                             &w->out, "epsilon", P2C_ATTRIBUTES(node, P2cEpsAttributes)->eps)));
}

static const char *write_relu(Writer *w, const P2cNode *node) {
    float slope = P2C_ATTRIBUTES(node, P2cSlopeAttributes)->slope;
    if (slope == 0) return p2c_onnx_node(&w->out, "Relu", NAMES(operand(w, node, 0)), NULL);
    return p2c_onnx_node(&w->out, "LeakyRelu", NAMES(operand(w, node, 0)),
                         ATTRIBUTES(p2c_onnx_attr_float(&w->out, "alpha", slope)));
}

static const char *write_prelu(Writer *w, const P2cNode *node) {
    int64_t sizes[] = { node->dims.d[1], 1, 1 };
    return pair(w, "PRelu", operand(w, node, 0),
                reshaped(w, operand(w, node, 1), node->dims.rank - 1, sizes));
}

static const char *write_clamp(Writer *w, const P2cNode *node) {
    const P2cRangeAttributes *a = P2C_ATTRIBUTES(node, P2cRangeAttributes);
    return p2c_onnx_node(&w->out, "Clip",
                         NAMES(operand(w, node, 0), p2c_onnx_scalar(&w->out, a->low),
                               p2c_onnx_scalar(&w->out, a->high)),
                         NULL);
}

static const char *write_affine(Writer *w, const P2cNode *node) {
    const P2cAffineAttributes *a = P2C_ATTRIBUTES(node, P2cAffineAttributes);
    const char *scaled =
        a->scale == 1 ? operand(w, node, 0)
                      : pair(w, "Mul", operand(w, node, 0), p2c_onnx_scalar(&w->out, a->scale));
    return a->shift == 0 && a->scale != 1
               ? scaled
               : pair(w, "Add", scaled, p2c_onnx_scalar(&w->out, a->shift));
}

static const char *write_pow(Writer *w, const P2cNode *node) {
    return pair(w, "Pow", operand(w, node, 0),
                p2c_onnx_scalar(&w->out, P2C_ATTRIBUTES(node, P2cExponentAttributes)->exponent));
}

/* a + w * (b - a) */
static const char *write_lerp(Writer *w, const P2cNode *node) {
    const char *a = aligned(w, node, 0), *b = aligned(w, node, 1);
    return pair(w, "Add", a, pair(w, "Mul", aligned(w, node, 2), pair(w, "Sub", b, a)));
}

static const char *write_concat(Writer *w, const P2cNode *node) {
    const char *inputs[P2C_MAX_OPERANDS + 1] = { NULL };
    for (int i = 0; i < node->count; i++) inputs[i] = operand(w, node, i);
    return p2c_onnx_node(&w->out, "Concat", inputs,
                         ATTRIBUTES(p2c_onnx_attr_int(
                             &w->out, "axis", P2C_ATTRIBUTES(node, P2cAxisAttributes)->axis)));
}

static const char *write_slice(Writer *w, const P2cNode *node) {
    const P2cSliceAttributes *a = P2C_ATTRIBUTES(node, P2cSliceAttributes);
    int64_t begin = a->begin, end = a->end, axis = a->axis;
    return p2c_onnx_node(&w->out, "Slice",
                         NAMES(operand(w, node, 0), p2c_onnx_whole(&w->out, 1, &begin),
                               p2c_onnx_whole(&w->out, 1, &end), p2c_onnx_whole(&w->out, 1, &axis)),
                         NULL);
}

static const char *write_reshape(Writer *w, const P2cNode *node) {
    return with_dims(w, operand(w, node, 0), node->dims, node->dims.rank);
}

static const char *write_transpose(Writer *w, const P2cNode *node) {
    const P2cOrderAttributes *a = P2C_ATTRIBUTES(node, P2cOrderAttributes);
    int64_t order[4];
    for (int i = 0; i < 4; i++) order[i] = a->order[i];
    return p2c_onnx_node(&w->out, "Transpose", NAMES(operand(w, node, 0)),
                         ATTRIBUTES(p2c_onnx_attr_ints(&w->out, "perm", node->dims.rank, order)));
}

static const char *write_pad(Writer *w, const P2cNode *node) {
    static const char *const modes[] = { "constant", "reflect", "edge" };
    const P2cPad *a = P2C_ATTRIBUTES(node, P2cPad);
    const char *amounts =
        p2c_onnx_whole(&w->out, 8, (int64_t[]){ 0, 0, a->top, a->left, 0, 0, a->bottom, a->right });
    return p2c_onnx_node(
        &w->out, "Pad",
        NAMES(operand(w, node, 0), amounts,
              a->mode == P2C_PAD_CONSTANT ? p2c_onnx_scalar(&w->out, a->value) : NULL),
        ATTRIBUTES(p2c_onnx_attr_string(&w->out, "mode", modes[a->mode])));
}

/* coordinates and rounding: values of ONNX's attributes */
static const char *resized(Writer *w, const P2cNode *node, const char *mode,
                           const char *coordinates, const char *rounding) {
    int64_t sizes[4];
    for (int i = 0; i < 4; i++) sizes[i] = node->dims.d[i];
    return p2c_onnx_node(
        &w->out, "Resize", NAMES(operand(w, node, 0), "", "", p2c_onnx_whole(&w->out, 4, sizes)),
        ATTRIBUTES(p2c_onnx_attr_string(&w->out, "mode", mode),
                   p2c_onnx_attr_string(&w->out, "coordinate_transformation_mode", coordinates),
                   p2c_onnx_attr_string(&w->out, "nearest_mode", rounding)));
}

static const char *write_upsample(Writer *w, const P2cNode *node) {
    return resized(w, node, "nearest", "asymmetric", "floor");
}

static const char *const coordinates[] = { "half_pixel", "align_corners", "asymmetric" };

static const char *write_resize_bilinear(Writer *w, const P2cNode *node) {
    return resized(w, node, "linear",
                   coordinates[P2C_ATTRIBUTES(node, P2cResizeAttributes)->coordinates], "floor");
}

static const char *write_resize_nearest(Writer *w, const P2cNode *node) {
    static const char *const roundings[] = { "floor", "ceil", "round_prefer_floor",
                                             "round_prefer_ceil" };
    const P2cResizeAttributes *a = P2C_ATTRIBUTES(node, P2cResizeAttributes);
    return resized(w, node, "nearest", coordinates[a->coordinates], roundings[a->rounding]);
}

static const char *write_avg_pool(Writer *w, const P2cNode *node) {
    int64_t k = P2C_ATTRIBUTES(node, P2cFactorAttributes)->factor;
    return p2c_onnx_node(
        &w->out, "AveragePool", NAMES(operand(w, node, 0)),
        ATTRIBUTES(p2c_onnx_attr_ints(&w->out, "kernel_shape", 2, (int64_t[]){ k, k }),
                   p2c_onnx_attr_ints(&w->out, "strides", 2, (int64_t[]){ k, k })));
}

static const char *write_max_pool(Writer *w, const P2cNode *node) {
    const P2cPool2d *a = P2C_ATTRIBUTES(node, P2cPool2d);
    P2cOnnx *out = &w->out;
    int64_t p = a->pad, stride = a->stride;
    return p2c_onnx_node(
        out, "MaxPool", NAMES(operand(w, node, 0)),
        ATTRIBUTES(p2c_onnx_attr_ints(out, "kernel_shape", 2, (int64_t[]){ a->kh, a->kw }),
                   p2c_onnx_attr_ints(out, "pads", 4, (int64_t[]){ p, p, p, p }),
                   p2c_onnx_attr_ints(out, "strides", 2, (int64_t[]){ stride, stride })));
}

static const char *pooled(Writer *w, const P2cNode *node, const char *op) {
    return with_dims(w, p2c_onnx_node(&w->out, op, NAMES(operand(w, node, 0)), NULL), node->dims,
                     2);
}
static const char *write_global_avg_pool(Writer *w, const P2cNode *node) {
    return pooled(w, node, "GlobalAveragePool");
}
static const char *write_global_max_pool(Writer *w, const P2cNode *node) {
    return pooled(w, node, "GlobalMaxPool");
}

static const char *write_sum_channels(Writer *w, const P2cNode *node) {
    int64_t axis = 1;
    return p2c_onnx_node(&w->out, "ReduceSum",
                         NAMES(operand(w, node, 0), p2c_onnx_whole(&w->out, 1, &axis)),
                         ATTRIBUTES(p2c_onnx_attr_int(&w->out, "keepdims", 1)));
}

/* of an operation that has its axes as an attribute in operator set 17 */
static const char *reduced(Writer *w, const P2cNode *node, const char *op) {
    int64_t axis = P2C_ATTRIBUTES(node, P2cAxisAttributes)->axis;
    return p2c_onnx_node(&w->out, op, NAMES(operand(w, node, 0)),
                         ATTRIBUTES(p2c_onnx_attr_ints(&w->out, "axes", 1, &axis),
                                    p2c_onnx_attr_int(&w->out, "keepdims", 1)));
}
static const char *write_mean_axis(Writer *w, const P2cNode *node) {
    return reduced(w, node, "ReduceMean");
}
static const char *write_max_axis(Writer *w, const P2cNode *node) {
    return reduced(w, node, "ReduceMax");
}

static const char *write_softmax(Writer *w, const P2cNode *node) {
    return p2c_onnx_node(&w->out, "Softmax", NAMES(operand(w, node, 0)),
                         ATTRIBUTES(p2c_onnx_attr_int(
                             &w->out, "axis", P2C_ATTRIBUTES(node, P2cAxisAttributes)->axis)));
}

static const char *write_l2_normalize(Writer *w, const P2cNode *node) {
    const char *x = operand(w, node, 0);
    const char *length =
        p2c_onnx_node(&w->out, "ReduceL2", NAMES(x),
                      ATTRIBUTES(p2c_onnx_attr_ints(&w->out, "axes", 1, (int64_t[]){ 1 })));
    return pair(w, "Div", x,
                pair(w, "Max", length,
                     p2c_onnx_scalar(&w->out, P2C_ATTRIBUTES(node, P2cEpsAttributes)->eps)));
}

static Write *const writers[P2C_OP_COUNT] = {
    [P2C_OP_conv2d] = write_conv,
    [P2C_OP_linear] = write_linear,
    [P2C_OP_instance_norm] = write_instance_norm,
    [P2C_OP_layer_instance_norm] = write_layer_instance_norm,
    [P2C_OP_batch_norm] = write_batch_norm,
    [P2C_OP_relu] = write_relu,
    [P2C_OP_prelu] = write_prelu,
    [P2C_OP_tanh] = write_tanh,
    [P2C_OP_sigmoid] = write_sigmoid,
    [P2C_OP_clamp] = write_clamp,
    [P2C_OP_affine] = write_affine,
    [P2C_OP_add] = write_add,
    [P2C_OP_sub] = write_sub,
    [P2C_OP_mul] = write_mul,
    [P2C_OP_div] = write_div,
    [P2C_OP_lerp] = write_lerp,
    [P2C_OP_abs] = write_abs,
    [P2C_OP_exp] = write_exp,
    [P2C_OP_log] = write_log,
    [P2C_OP_pow] = write_pow,
    [P2C_OP_concat] = write_concat,
    [P2C_OP_slice] = write_slice,
    [P2C_OP_reshape] = write_reshape,
    [P2C_OP_detach] = write_detach,
    [P2C_OP_upsample_nearest] = write_upsample,
    [P2C_OP_resize_bilinear] = write_resize_bilinear,
    [P2C_OP_avg_pool2d] = write_avg_pool,
    [P2C_OP_global_avg_pool] = write_global_avg_pool,
    [P2C_OP_global_max_pool] = write_global_max_pool,
    [P2C_OP_sum_channels] = write_sum_channels,
    [P2C_OP_mean_axis] = write_mean_axis,
    [P2C_OP_max_axis] = write_max_axis,
    [P2C_OP_softmax] = write_softmax,
    [P2C_OP_l2_normalize] = write_l2_normalize,
    [P2C_OP_matmul] = write_matmul,
    [P2C_OP_transpose] = write_transpose,
    [P2C_OP_pad] = write_pad,
    [P2C_OP_max_pool2d] = write_max_pool,
    [P2C_OP_conv_transpose2d] = write_conv_transpose,
    [P2C_OP_resize_nearest] = write_resize_nearest,
};

/* ---- leaves ---- */

static P2cStatus write_param(Writer *w, const P2cNode *node) {
    const P2cParam *param = p2c_node_param(node);
    P2cContext *ctx = p2c_graph_context(w->graph);
    size_t bytes = p2c_dims_count(node->dims) * sizeof(float);
    float *values = p2c_onnx_take(&w->out, bytes);
    if (!values) return p2c_fail_memory(ctx, param->name, bytes);
    w->names[p2c_node_id(node)] =
        p2c_onnx_floats(&w->out, param->name, node->dims.rank, node->dims.d, values);
    return ctx->device->download(ctx, values, param->data, bytes);
}

static P2cStatus write_leaf(Writer *w, const P2cNode *node) {
    P2cLeaf leaf = p2c_node_leaf(node);
    const char **name = &w->names[p2c_node_id(node)];
    if (leaf == P2C_LEAF_PARAM) return write_param(w, node);
    if (leaf == P2C_LEAF_INPUT) {
        *name = p2c_node_name(node);
        p2c_onnx_input(&w->out, *name, node->dims.rank, node->dims.d);
        return P2C_OK;
    }
    if (leaf != P2C_LEAF_CONSTANT)
        return p2c_fail(p2c_graph_context(w->graph), P2C_ERR_ARGUMENT,
                        "a gradient cannot be written as ONNX");
    *name = p2c_onnx_scalar(&w->out, p2c_node_constant(node));
    if (node->dims.rank) {
        int64_t sizes[4];
        for (int i = 0; i < 4; i++) sizes[i] = node->dims.d[i];
        *name = pair(w, "Expand", *name, p2c_onnx_whole(&w->out, node->dims.rank, sizes));
    }
    return P2C_OK;
}

/* ---- the graph ---- */

static void mark_needed(Writer *w, int count, P2cNode *const outputs[]) {
    for (int i = 0; i < count; i++) w->needed[p2c_node_id(outputs[i])] = true;
    for (int i = p2c_graph_node_count(w->graph) - 1; i >= 0; i--) {
        const P2cNode *node = p2c_graph_node(w->graph, i);
        for (int k = 0; w->needed[i] && k < node->count; k++)
            w->needed[p2c_node_id(node->x[k])] = true;
    }
}

static P2cStatus write_nodes(Writer *w) {
    P2cStatus status = P2C_OK;
    for (int i = 0; !status && i < p2c_graph_node_count(w->graph); i++) {
        const P2cNode *node = p2c_graph_node(w->graph, i);
        if (!w->needed[i]) continue;
        if (!node->op) status = write_leaf(w, node);
        else if (!writers[node->op->id])
            status = p2c_fail(p2c_graph_context(w->graph), P2C_ERR_ARGUMENT,
                              "%s cannot be written as ONNX", node->op->name);
        else w->names[i] = writers[node->op->id](w, node);
    }
    return status;
}

static void write_outputs(Writer *w, int count, P2cNode *const outputs[]) {
    for (int i = 0; i < count; i++) {
        const P2cNode *node = outputs[i];
        const char *name =
            p2c_node_name(node) ? p2c_node_name(node) : p2c_onnx_text(&w->out, "output%d", i);
        p2c_onnx_node_named(&w->out, "Identity", name, NAMES(name_of(w, node)), NULL);
        p2c_onnx_output(&w->out, name, node->dims.rank, node->dims.d);
    }
}

P2cStatus p2c_onnx_write(P2cContext *ctx, const char *path, int count, P2cNode *const outputs[]) {
    Writer w = { .graph = count && outputs[0] ? p2c_node_graph(outputs[0]) : NULL };
    for (int i = 0; i < count; i++)
        if (!outputs[i])
            return p2c_fail(ctx, P2C_ERR_ARGUMENT,
                            "output %d of the network to be written was not built", i);
    size_t nodes = (size_t)p2c_graph_node_count(w.graph);
    p2c_onnx_init(&w.out);
    w.needed = calloc(nodes, sizeof *w.needed);
    w.names = calloc(nodes, sizeof *w.names);
    P2cStatus status = w.needed && w.names
                           ? P2C_OK
                           : p2c_fail_memory(ctx, "an ONNX file", nodes * sizeof *w.names);
    if (!status) {
        mark_needed(&w, count, outputs);
        status = write_nodes(&w);
    }
    if (!status) {
        write_outputs(&w, count, outputs);
        status = p2c_onnx_save(ctx, &w.out, path);
    }
    p2c_onnx_clear(&w.out);
    free(w.needed);
    free(w.names);
    return status;
}

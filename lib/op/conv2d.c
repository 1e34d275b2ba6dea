/* conv2d: two-dimensional convolution with bias, stride, groups, dilation, zero or reflection
 * padding.
 *   x (n,cin,h,w)  w (cout,cin/groups,kh,kw)  b (cout)  ->  y (n,cout,h',w')
 *   h' = (h + 2*pad - (kh-1)*dilation - 1) / stride + 1, w' likewise
 * Padding is part of the operation: the kernel resolves it as it reads, and no padded copy of x
 * exists. Three neighbours can be fused:
 *   - the instance norm (and ReLU) of x: the kernel normalises what it reads, and (mean,
 *     1/sqrt(var+eps)) of each plane of x is saved
 *   - a nearest upsampling of x: the kernel reads x repeated; h and w above are then those of x
 *     times the factor
 *   - a ReLU after it: applied to y as it is stored; backward then reads y */
#include <limits.h>

#include "conv2d.h"
#include "graph/node.h"

static P2cConv2d with_defaults(P2cConv2d o) {
    if (!o.stride) o.stride = 1;
    if (!o.groups) o.groups = 1;
    if (!o.dilation) o.dilation = 1;
    return o;
}

/* The dims of what is convolved: of x, or of x repeated. */
static P2cDims input_dims(const P2cNode *node) {
    P2cDims x = node->x[0]->dims;
    int f = P2C_ATTRIBUTES(node, P2cConvAttributes)->upsample;
    /* fits: the upsampling's own rule has seen to it */
    for (int i = 2; i < 4 && f > 1; i++) x.d[i] *= f;
    return x;
}

/* How many positions the kernel covers along an axis. A dilation from a file can make it more than
 * an int holds. */
static int64_t kernel_span(int kernel, const P2cConv2d *o) {
    return (int64_t)(kernel - 1) * o->dilation + 1;
}

static P2cStatus check_operands(P2cNode *node, const P2cConv2d *o) {
    const P2cDims x = input_dims(node), w = node->x[1]->dims;
    if (x.rank != 4 || w.rank != 4)
        return p2c_node_fail(node,
                             "expected input (n,c,h,w) and weight (out,in,kh,kw), got %s and %s",
                             p2c_dims_text(x).text, p2c_dims_text(w).text);
    if (o->stride < 1 || o->pad < 0 || o->groups < 1 || o->dilation < 1)
        return p2c_node_fail(
            node, "stride %d, pad %d, groups %d, dilation %d: expected at least 1, 0, 1, 1",
            o->stride, o->pad, o->groups, o->dilation);
    if (x.d[1] % o->groups || w.d[0] % o->groups || w.d[1] != x.d[1] / o->groups)
        return p2c_node_fail(node, "input %s and weight %s do not fit with %d group%s",
                             p2c_dims_text(x).text, p2c_dims_text(w).text, o->groups,
                             o->groups == 1 ? "" : "s");
    if (o->pad > INT_MAX / 4 || x.d[2] > INT_MAX / 2 || x.d[3] > INT_MAX / 2)
        return p2c_node_fail(node, "input %s with padding %d is too large", p2c_dims_text(x).text,
                             o->pad);
    if (o->reflect && (o->pad >= x.d[2] || o->pad >= x.d[3]))
        return p2c_node_fail(node, "reflection padding %d needs an input larger than that, got %s",
                             o->pad, p2c_dims_text(x).text);
    if (x.d[2] + 2 * o->pad < kernel_span(w.d[2], o) ||
        x.d[3] + 2 * o->pad < kernel_span(w.d[3], o))
        return p2c_node_fail(
            node, "input %s with padding %d is smaller than the %d x %d kernel with dilation %d",
            p2c_dims_text(x).text, o->pad, w.d[2], w.d[3], o->dilation);
    if (node->count == 3 && (int)p2c_dims_count(node->x[2]->dims) != w.d[0])
        return p2c_node_fail(node, "bias has shape %s, expected (%d)",
                             p2c_dims_text(node->x[2]->dims).text, w.d[0]);
    return P2C_OK;
}

static P2cStatus shape(P2cNode *node) {
    const P2cConvAttributes *a = P2C_ATTRIBUTES(node, P2cConvAttributes);
    const P2cConv2d *o = &a->conv;
    const P2cDims x = input_dims(node), w = node->x[1]->dims;
    P2cStatus status = check_operands(node, o);
    if (status != P2C_OK) return status;
    node->dims = P2C_DIMS(x.d[0], w.d[0],
                          (x.d[2] + 2 * o->pad - (int)kernel_span(w.d[2], o)) / o->stride + 1,
                          (x.d[3] + 2 * o->pad - (int)kernel_span(w.d[3], o)) / o->stride + 1);
    node->saved_bytes = a->normalised ? (size_t)x.d[0] * (size_t)x.d[1] * 2 * sizeof(float) : 0;
    return P2C_OK;
}

const P2cOp p2c_op_conv2d = {
    .id = P2C_OP_conv2d, .name = "conv2d", .shape = shape, .keeps_x = true
};

P2cNode *p2c_conv2d(P2cNode *x, P2cNode *w, P2cNode *b, P2cConv2d options) {
    bool exact = x && p2c_context_exact_convolutions(p2c_graph_context(p2c_node_graph(x)));
    P2cConvAttributes attributes = { .conv = with_defaults(options),
                                     .way = exact ? P2C_CONV_EXACT : P2C_CONV_FASTEST };
    return p2c_node_new(&p2c_op_conv2d, b ? 3 : 2, (P2cNode *[]){ x, w, b }, &attributes,
                        sizeof attributes);
}

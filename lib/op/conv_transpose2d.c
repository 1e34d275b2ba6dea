/* conv_transpose2d: computes what conv2d computes for its input gradient: every element of x adds
 * the kernel times its value to y, `stride` apart.
 *   x (n,cin,h,w)  w (cin,cout/groups,kh,kw)  b (cout)  ->  y (n,cout,h',w')
 *   h' = (h-1)*stride - 2*pad + (kh-1)*dilation + 1 + output_padding, w' likewise
 * `output_padding` adds rows at the bottom and columns on the right: conv2d with a stride gives the
 * same size for several sizes of its input, and this picks one.   Zeiler 2010 */
#include <limits.h>

#include "conv_transpose2d.h"
#include "graph/node.h"

static P2cConv2d with_defaults(P2cConv2d o) {
    if (!o.stride) o.stride = 1;
    if (!o.groups) o.groups = 1;
    if (!o.dilation) o.dilation = 1;
    return o;
}

static P2cStatus check_operands(P2cNode *node, const P2cConv2d *o, int output_padding) {
    const P2cDims x = node->x[0]->dims, w = node->x[1]->dims;
    if (x.rank != 4 || w.rank != 4)
        return p2c_node_fail(node,
                             "expected input (n,c,h,w) and weight (in,out,kh,kw), got %s and %s",
                             p2c_dims_text(x).text, p2c_dims_text(w).text);
    if (o->stride < 1 || o->pad < 0 || o->groups < 1 || o->dilation < 1)
        return p2c_node_fail(
            node, "stride %d, pad %d, groups %d, dilation %d: expected at least 1, 0, 1, 1",
            o->stride, o->pad, o->groups, o->dilation);
    if (o->reflect) return p2c_node_fail(node, "reflection padding has no meaning here");
    if (output_padding < 0 || output_padding >= o->stride)
        return p2c_node_fail(node, "output_padding %d: expected 0 to %d, less than the stride",
                             output_padding, o->stride - 1);
    if (x.d[1] != w.d[0] || x.d[1] % o->groups)
        return p2c_node_fail(node, "input %s and weight %s do not fit with %d group%s",
                             p2c_dims_text(x).text, p2c_dims_text(w).text, o->groups,
                             o->groups == 1 ? "" : "s");
    if (w.d[1] > INT_MAX / o->groups)
        return p2c_node_fail(node, "weight %s with %d groups is too large", p2c_dims_text(w).text,
                             o->groups);
    if (node->count == 3 && (int)p2c_dims_count(node->x[2]->dims) != w.d[1] * o->groups)
        return p2c_node_fail(node, "bias has shape %s, expected (%d)",
                             p2c_dims_text(node->x[2]->dims).text, w.d[1] * o->groups);
    return P2C_OK;
}

static P2cStatus shape(P2cNode *node) {
    const P2cConvTransposeAttributes *a = P2C_ATTRIBUTES(node, P2cConvTransposeAttributes);
    const P2cConv2d *o = &a->conv;
    const P2cDims x = node->x[0]->dims, w = node->x[1]->dims;
    int64_t size[2];
    P2cStatus status = check_operands(node, o, a->output_padding);
    if (status != P2C_OK) return status;
    /* kernels count in ints: the padded map, and a stride beyond it, have to fit */
    for (int k = 0; k < 2; k++) {
        int64_t padded = (x.d[2 + k] - 1) * (int64_t)o->stride +
                         (w.d[2 + k] - 1) * (int64_t)o->dilation + 1 + a->output_padding;
        size[k] = padded - 2 * (int64_t)o->pad;
        if (padded > INT_MAX / 2 || o->stride > INT_MAX / 4)
            return p2c_node_fail(node, "input %s with stride %d, dilation %d is too large",
                                 p2c_dims_text(x).text, o->stride, o->dilation);
        if (size[k] < 1)
            return p2c_node_fail(node,
                                 "padding %d leaves nothing of input %s and the %d x %d kernel",
                                 o->pad, p2c_dims_text(x).text, w.d[2], w.d[3]);
    }
    node->dims = P2C_DIMS(x.d[0], w.d[1] * o->groups, (int)size[0], (int)size[1]);
    return P2C_OK;
}

const P2cOp p2c_op_conv_transpose2d = {
    .id = P2C_OP_conv_transpose2d, .name = "conv_transpose2d", .shape = shape, .keeps_x = true
};

P2cNode *p2c_conv_transpose2d(P2cNode *x, P2cNode *w, P2cNode *b, P2cConv2d options,
                              int output_padding) {
    P2cConvTransposeAttributes attributes = { with_defaults(options), output_padding };
    return p2c_node_new(&p2c_op_conv_transpose2d, b ? 3 : 2, (P2cNode *[]){ x, w, b }, &attributes,
                        sizeof attributes);
}

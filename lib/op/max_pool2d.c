/* max_pool2d: maxima of windows, which may overlap; padding is never chosen.
 *   (n,c,h,w) -> (n,c,(h+2*pad-kh)/stride+1,(w+2*pad-kw)/stride+1)
 * Kept for the gradient: for each maximum, its place in the plane of x, an int. */
#include <limits.h>

#include "graph/node.h"

static P2cStatus check_operands(P2cNode *node, const P2cPool2d *o) {
    const P2cDims x = node->x[0]->dims;
    if (x.rank != 4)
        return p2c_node_fail(node, "expected input (n,c,h,w), got %s", p2c_dims_text(x).text);
    if (o->kh < 1 || o->kw < 1 || o->stride < 1 || o->pad < 0)
        return p2c_node_fail(node,
                             "kernel %d x %d, stride %d, pad %d: expected at least 1 x 1, 1, 0",
                             o->kh, o->kw, o->stride, o->pad);
    if (o->pad >= o->kh || o->pad >= o->kw) /* a window could hold nothing but padding */
        return p2c_node_fail(node, "padding %d needs a kernel larger than that, got %d x %d",
                             o->pad, o->kh, o->kw);
    if (o->pad > INT_MAX / 4 || o->stride > INT_MAX / 4 || x.d[2] > INT_MAX / 2 ||
        x.d[3] > INT_MAX / 2)
        return p2c_node_fail(node, "input %s with padding %d, stride %d is too large",
                             p2c_dims_text(x).text, o->pad, o->stride);
    if (x.d[2] + 2 * o->pad < o->kh || x.d[3] + 2 * o->pad < o->kw)
        return p2c_node_fail(node, "input %s with padding %d is smaller than the %d x %d kernel",
                             p2c_dims_text(x).text, o->pad, o->kh, o->kw);
    return P2C_OK;
}

static P2cStatus shape(P2cNode *node) {
    const P2cPool2d *o = P2C_ATTRIBUTES(node, P2cPool2d);
    const P2cDims x = node->x[0]->dims;
    P2cStatus status = check_operands(node, o);
    if (status != P2C_OK) return status;
    node->dims = P2C_DIMS(x.d[0], x.d[1], (x.d[2] + 2 * o->pad - o->kh) / o->stride + 1,
                          (x.d[3] + 2 * o->pad - o->kw) / o->stride + 1);
    node->saved_bytes = p2c_dims_count(node->dims) * sizeof(int);
    return P2C_OK;
}

const P2cOp p2c_op_max_pool2d = { .id = P2C_OP_max_pool2d, .name = "max_pool2d", .shape = shape };

P2cNode *p2c_max_pool2d(P2cNode *x, P2cPool2d options) {
    if (!options.stride) options.stride = 1;
    return p2c_node_unary(&p2c_op_max_pool2d, x, &options, sizeof options);
}

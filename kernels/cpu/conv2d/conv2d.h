/* conv2d.h: the ways to compute a convolution on the CPU, and what they share: sizes, and where a
 * padded index reads. */
#ifndef P2C_CPU_CONV2D_H
#define P2C_CPU_CONV2D_H

#include "../activation.h"
#include "../norm.h"
#include "op/conv2d.h"

/* cin, cout: of one group. h, w: of what is convolved, which is x with every pixel `up` times along
 * both axes where that is fused. */
typedef struct Conv {
    int n, groups, cin, cout, h, w, kh, kw, oh, ow, stride, dilation, pad_y, pad_x, up;
    bool reflect;
    bool normalised, relu; /* fused: x is normalised as it is read, see norm_at */
    P2cConvWay way;
    float slope; /* of the activation that y is stored with */
} Conv;

static inline Conv conv_of(const P2cNode *node) {
    const P2cConvAttributes *a = P2C_ATTRIBUTES(node, P2cConvAttributes);
    const P2cConv2d o = a->conv;
    const P2cDims x = node->x[0]->dims, w = node->x[1]->dims, y = node->dims;
    int up = a->upsample > 1 ? a->upsample : 1;
    return (Conv){ .n = x.d[0],
                   .groups = o.groups,
                   .cin = w.d[1],
                   .cout = w.d[0] / o.groups,
                   .h = x.d[2] * up,
                   .w = x.d[3] * up,
                   .kh = w.d[2],
                   .kw = w.d[3],
                   .oh = y.d[2],
                   .ow = y.d[3],
                   .stride = o.stride,
                   .dilation = o.dilation,
                   .pad_y = o.pad,
                   .pad_x = o.pad,
                   .up = up,
                   .reflect = o.reflect,
                   .normalised = a->normalised,
                   .relu = a->norm.relu,
                   .way = a->way,
                   .slope = p2c_slope(a->activation) };
}

/* How far the last tap of an axis is from the first. */
static inline int reach(Conv s, int kernel) { return (kernel - 1) * s.dilation; }

/* Row i of channel c, counted as if x were repeated; from there on column j is at j / up. x: its
 * first channel. */
static inline const float *input_row(const float *x, Conv s, int c, int i) {
    return x + ((size_t)c * (size_t)(s.h / s.up) + (size_t)(i / s.up)) * (size_t)(s.w / s.up);
}

/* Where position i of an axis of `size` reads, i from -pad on: an index, or -1 for zero. */
static inline int padded_index(int i, int size, bool reflect) {
    if (i >= 0 && i < size) return i;
    if (!reflect) return -1;
    i = i < 0 ? -i : 2 * (size - 1) - i;
    return i >= 0 && i < size ? i : -1; /* beyond the padding, where only unused lanes read */
}

/* How plane p of x is normalised as it is read, from the statistics that forward has saved. Without
 * a norm: not at all, to the bit. */
static inline Norm norm_at(const P2cCall *call, Conv s, size_t p) {
    return s.normalised ? norm_of((const float *)call->saved + 2 * p, s.relu)
                        : (Norm){ 0, 1, -INFINITY };
}

/* direct.c, direct_weights.c: for weights that stay in cache. The input gradient
 * wants stride 1. */
size_t P2C_CPU(conv2d_direct_work)(Conv s, int threads);
void P2C_CPU(conv2d_direct)(const P2cCall *call, Conv s);
size_t P2C_CPU(conv2d_direct_input_work)(Conv s, int threads);
void P2C_CPU(conv2d_direct_input_gradient)(const P2cCall *call, Conv s);
size_t P2C_CPU(conv2d_direct_weight_work)(Conv s, int threads);
void P2C_CPU(conv2d_direct_weight_gradient)(const P2cCall *call, Conv s);
/* winograd.c, winograd_borders.c, winograd_weights.c: for 3x3 kernels with stride 1, where
 * conv2d.c's rule says so. */
size_t P2C_CPU(conv2d_winograd_work)(Conv s, int threads);
void P2C_CPU(conv2d_winograd)(const P2cCall *call, Conv s);
size_t P2C_CPU(conv2d_winograd_input_work)(Conv s, int threads);
void P2C_CPU(conv2d_winograd_input_gradient)(const P2cCall *call, Conv s);
size_t P2C_CPU(conv2d_winograd_border_work)(Conv s);
void P2C_CPU(conv2d_winograd_borders)(const P2cCall *call, Conv s);
size_t P2C_CPU(conv2d_winograd_weight_work)(Conv s, int threads);
void P2C_CPU(conv2d_winograd_weight_gradient)(const P2cCall *call, Conv s);
/* gemm.c: im2col and matrix products, for everything else. */
size_t P2C_CPU(conv2d_gemm_work)(Conv s, bool backward, int threads);
void P2C_CPU(conv2d_gemm)(const P2cCall *call, Conv s);
void P2C_CPU(conv2d_gemm_input_gradient)(const P2cCall *call, Conv s);
void P2C_CPU(conv2d_gemm_weight_gradient)(const P2cCall *call, Conv s);

#endif

/* conv2d.cuh: the convolution on a GPU: sizes, where a padded index reads, and who computes what. */
#ifndef P2C_CUDA_CONV2D_CUH
#define P2C_CUDA_CONV2D_CUH

#include "norm.cuh"

/* Sizes, by value. What is convolved is x repeated `up` times along both axes: h and w are its size, xh and xw that of x. cin, cout: of one
 * group; x has groups*cin planes a picture, y groups*cout. */
struct Conv {
    int n, groups, cin, cout, h, w, xh, xw, up, kh, kw, oh, ow, stride, pad;
    bool reflect;
    bool normed, relu; /* x is read normed */
    float eps;
};

static inline Conv conv_of(const P2cNode *node) {
    const P2cConvAttributes *a = P2C_ATTRIBUTES(node, P2cConvAttributes);
    const P2cConv2d o = a->conv;
    const P2cDims x = node->x[0]->dims, w = node->x[1]->dims, y = node->dims;
    int up = a->upsample > 1 ? a->upsample : 1;
    Conv s = {};
    s.n = x.d[0], s.groups = o.groups, s.cin = w.d[1], s.cout = w.d[0] / o.groups;
    s.xh = x.d[2], s.xw = x.d[3], s.up = up, s.h = x.d[2] * up, s.w = x.d[3] * up;
    s.kh = w.d[2], s.kw = w.d[3], s.oh = y.d[2], s.ow = y.d[3], s.stride = o.stride, s.pad = o.pad;
    s.reflect = o.reflect, s.normed = a->normed, s.relu = a->norm.relu, s.eps = a->norm.eps;
    return s;
}

static inline P2cPrecision precision_of(const P2cCall *call) { return call->queue->ctx->precision; }

/* Where position i of an axis reads in x, i from -pad on, `size` that of the axis: an index of x, or -1 for zero. */
static __device__ inline int source_of(int i, int size, int up, bool reflect) {
    if (reflect) i = i < 0 ? -i : i >= size ? 2 * (size - 1) - i : i;
    if (i < 0 || i >= size) return -1; /* with reflection: beyond the padding, where only unused threads read */
    return up == 1 ? i : i / up;
}

/* The positions of a padded axis that read index i: itself and its mirror images, counted from the padding's first; -1: there is no k-th. */
enum { READERS = 3 };
static __device__ inline int reader_of(int i, int k, int size, int pad, bool reflect) {
    if (k == 0) return pad + i;
    bool mirrored = reflect && (k == 1 ? i > 0 && i <= pad : i < size - 1 && i >= size - 1 - pad);
    return !mirrored ? -1 : k == 1 ? pad - i : pad + 2 * (size - 1) - i;
}

/* Of a part of `work`, so that the next one is aligned. */
static inline size_t aligned_bytes(size_t bytes) { return (bytes + 63) / 64 * 64; }

static inline P2cDims x_dims(Conv s) {
    P2cDims d = { 4, { s.n, s.groups * s.cin, s.xh, s.xw } };
    return d;
}

/* The moments of the planes of x: made by what made x, or kept by forward. Read by norm_at alone, where x is normed. */
static inline const float *moments_of_x(const P2cCall *call) { return call->x_moments ? call->x_moments : (const float *)call->saved; }

/* How plane p of x is normed as it is read; without a norm: not at all, to the bit. */
static __device__ inline Norm norm_at(const float *moments, int p, const Conv &s) {
    Norm none = { 0, 1, -INFINITY };
    return s.normed ? norm_of(moments, p, s.eps, s.relu) : none;
}

/* y. conv2d_forward.cu; moments of x have been made where x is normed. */
void p2c_cuda_conv2d_forward(const P2cCall *call, Conv s);
size_t p2c_cuda_conv2d_forward_work(Conv s);
/* Both for any sizes, groups above all: conv2d_direct.cu. Moments of y are left to the caller. */
void p2c_cuda_conv2d_direct(const P2cCall *call, Conv s);
void p2c_cuda_conv2d_direct_input_gradient(const P2cCall *call, Conv s);
size_t p2c_cuda_conv2d_direct_input_work(Conv s);
/* call->dx[0]. conv2d_input.cu */
void p2c_cuda_conv2d_input_gradient(const P2cCall *call, Conv s);
size_t p2c_cuda_conv2d_input_work(Conv s);
/* call->dx[1] and dx[2], either may be NULL. conv2d_weights.cu */
void p2c_cuda_conv2d_weight_gradient(const P2cCall *call, Conv s);
size_t p2c_cuda_conv2d_weight_work(Conv s);

#endif

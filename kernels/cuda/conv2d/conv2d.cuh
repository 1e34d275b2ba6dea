/* conv2d.cuh: convolution on a GPU, as an implicit matrix product with the surrounding operations
 * folded in.
 *
 * The product. An output pixel's channels are a sum over source channels and taps, so a layer is
 * the product of a matrix [pixel][channel, tap] and the weights [channel, tap][output]. The first
 * matrix (im2col) is never written; it is x seen through shifted windows:
 *
 *     source, one channel           patch in shared memory      tap (u,v) of a warp's 16 pixels
 *
 *     . . . . . . . . . . .         r r r r r r r r r r r       . . . . . . . . . . .
 *     . +---------------+ .         r +---------------+ r       . . . A A A A A A A A
 *     . |  a tile of    | .  load   r |  normalised,  | r  for  . . . . . . . . . . .
 *     . |  y's pixels   | . ----->  r |  rounded      | r  all  . . . . . . . . . . .
 *     . +---------------+ .         r +---------------+ r  u,v  . . . . . . . . . . .
 *     . . . . . . . . . . .         r r r r r r r r r r r       . . . . . . . . . . .
 *
 *     A is a row of the patch, moved by u rows and v columns; nothing is moved in memory.
 *     8 channels of it are A. The weights of this tap, 8 channels x 8 outputs, are B.
 *     acc += A * B
 *
 * A block computes a tile of pixels x some outputs. It loads a chunk of source channels with their
 * halo, each value once. While a value is loaded, its index is resolved (zero or reflection
 * padding, repeated pixels), it is normalised and passed through ReLU, and it is rounded to the
 * format of the tensor cores. So neither the padded, nor the repeated, nor the normalised map
 * exists. Meanwhile the next chunk is being fetched (load.cuh).
 *
 * Fragments (tile.cuh). A warp multiplies 16 pixels x 8 words x 8 outputs at a time (mma.h); a word
 * is one channel in tf32 and two in bf16. With g = lane / 4, t = lane % 4 a lane holds of A pixels
 * g, g+8 in words t, t+4; of B words t, t+4 for output g; of the sums pixels g, g+8 for outputs 2t,
 * 2t+1. Pixels of a word are adjacent in the patch. If the distance between words is 8 banks (or
 * 24) modulo 32, a lane reads from bank 8t + g, and no two lanes use the same bank. So planes of
 * the patch and lines of the weights are an odd multiple of eight words long. 8 outputs is the
 * smallest possible tile, so the many layers of 8 channels waste nothing. Float32 has the same
 * tiles and the same places for the sums, and multiplies one by one.
 *
 * Small maps do not fill a GPU. For them tiles are smaller, and several blocks share the source
 * channels of a tile; the last block to finish adds up all their sums, in order (tiling.cu). The
 * tile with y in registers also computes y's statistics for the norm that follows: (mean, squared
 * deviations) for each tile and channel, merged by the last block. The input gradient is the same
 * product from the other side (input.cu). The weight gradient is a different product, summed over
 * pixels (weights.cu). direct.cu is for groups and for sizes that fit no tile, and for the input
 * gradient of a convolution with both a stride and a dilation. */
#ifndef P2C_CUDA_CONV2D_CUH
#define P2C_CUDA_CONV2D_CUH

#include "../activation.cuh"
#include "../norm.cuh"
#include "op/conv2d.h"

/* The sizes, passed by value. The convolution reads x repeated `up` times along both axes: h and w
 * are the repeated size, xh and xw that of x. cin, cout: of one group; x has groups*cin planes per
 * picture, y groups*cout. */
struct Conv {
    int n, groups, cin, cout, h, w, xh, xw, up, kh, kw, oh, ow, stride, dilation, pad;
    bool reflect;
    bool normalised, relu; /* x is normalised as it is read */
    float eps;
    float slope; /* of the activation that is applied to y */
};

static inline Conv conv_of(const P2cNode *node) {
    const P2cConvAttributes *a = P2C_ATTRIBUTES(node, P2cConvAttributes);
    const P2cConv2d o = a->conv;
    const P2cDims x = node->x[0]->dims, w = node->x[1]->dims, y = node->dims;
    int up = a->upsample > 1 ? a->upsample : 1;
    Conv s = {};
    s.n = x.d[0], s.groups = o.groups, s.cin = w.d[1], s.cout = w.d[0] / o.groups;
    s.xh = x.d[2], s.xw = x.d[3], s.up = up, s.h = x.d[2] * up, s.w = x.d[3] * up;
    s.kh = w.d[2], s.kw = w.d[3], s.oh = y.d[2], s.ow = y.d[3], s.stride = o.stride,
    s.dilation = o.dilation, s.pad = o.pad;
    s.reflect = o.reflect, s.normalised = a->normalised, s.relu = a->norm.relu, s.eps = a->norm.eps,
    s.slope = p2c_slope(a->activation);
    return s;
}

static inline P2cPrecision precision_of(const P2cCall *call) { return call->queue->ctx->precision; }

/* The index of x that position i of an axis reads, or -1 for zero. i starts at -pad; `size` is that
 * of the axis. */
static __device__ inline int source_of(int i, int size, int up, bool reflect) {
    if (reflect) i = i < 0 ? -i : i >= size ? 2 * (size - 1) - i : i;
    /* with reflection: outside the padding, where only unused threads read */
    if (i < 0 || i >= size) return -1;
    return up == 1 ? i : i / up;
}

/* The positions of a padded axis that read index i: itself and its mirror images, counted from the
 * start of the padding. Returns -1 if there is no k-th. */
enum { READERS = 3 };
static __device__ inline int reader_of(int i, int k, int size, int pad, bool reflect) {
    if (k == 0) return pad + i;
    bool mirrored = reflect && (k == 1 ? i > 0 && i <= pad : i < size - 1 && i >= size - 1 - pad);
    return !mirrored ? -1 : k == 1 ? pad - i : pad + 2 * (size - 1) - i;
}

/* Rounds the size of a part of `work`, so that the next one is aligned. */
static inline size_t aligned_bytes(size_t bytes) { return (bytes + 63) / 64 * 64; }

static inline P2cDims x_dims(Conv s) {
    P2cDims d = { 4, { s.n, s.groups * s.cin, s.xh, s.xw } };
    return d;
}

/* The statistics of the planes of x: they came with x, or forward has saved them. Only norm_at
 * reads them, if x is normalised. */
static inline const float *statistics_of_x(const P2cCall *call) {
    return call->x_statistics ? call->x_statistics : (const float *)call->saved;
}

/* How plane p of x is normalised as it is read. Without a norm the value stays the same to the
 * bit. */
static __device__ inline Norm norm_at(const float *statistics, int p, const Conv &s) {
    Norm none = { 0, 1, -INFINITY };
    return s.normalised ? norm_of(statistics, p, s.eps, s.relu) : none;
}

/* Computes y. forward.cu; if x is normalised, its statistics must have been computed. */
void p2c_cuda_conv2d_forward(const P2cCall *call, Conv s);
size_t p2c_cuda_conv2d_forward_work(Conv s);
/* Both accept any sizes, mainly groups: direct.cu. The caller computes statistics of y. */
void p2c_cuda_conv2d_direct(const P2cCall *call, Conv s);
void p2c_cuda_conv2d_direct_input_gradient(const P2cCall *call, Conv s);
size_t p2c_cuda_conv2d_direct_input_work(Conv s);
/* Computes call->dx[0]. input.cu */
void p2c_cuda_conv2d_input_gradient(const P2cCall *call, Conv s);
size_t p2c_cuda_conv2d_input_work(Conv s);
/* Computes call->dx[1] and dx[2]; either may be NULL. weights.cu */
void p2c_cuda_conv2d_weight_gradient(const P2cCall *call, Conv s);
size_t p2c_cuda_conv2d_weight_work(Conv s);

#endif

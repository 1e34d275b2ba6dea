/* conv2d.cuh: the convolution on a GPU, as an implicit matrix product with everything around it
 * folded in.
 *
 * The product. An output pixel's channels are a sum over source channels and taps, so a layer is
 * the product of a matrix [pixel][channel, tap] and the weights [channel, tap][output]. The first
 * matrix is never written down (im2col), it is x seen through shifted windows:
 *
 *        source, one channel                      patch in shared memory                 tap (u,v)
 *            of a warp's 16 pixels
 *      . . . . . . . . . . . .            r r r r r r r r r r . r r                    . . . . . .
 *          . . . . . . .
 *      . +---------------+ . .            r +---------------+ r                        . . . A A A
 *          A A A A A A A    a row of the patch, moved
 *      . |  a tile of    | . .   load     r |               | r     for all u, v       . . . . . .
 *          . . . . . . .    by u rows and v columns:
 *      . |  y's pixels   | . .  ------>   r |  normed,      | r    ------------->      . . . . . .
 *          . . . . . . .    nothing is moved in memory
 *      . +---------------+ . .            r |  rounded      | r                        8 channels
 *          of it are A, the weights of this tap and of
 *      . . . . . . . . . . . .            r r r r r r r r r r r r                      8 channels x
 *          8 outputs are B:   acc += A * B
 *
 * A block computes a tile of pixels x some outputs. It loads a chunk of source channels with their
 * halo, each value ONCE: on the way its place is resolved (zero or reflection padding, repeated
 * pixels) and it is normed and passed through ReLU, so that neither the padded, nor the repeated,
 * nor the normed map exists; and it is rounded to what the tensor cores take. Meanwhile the next
 * chunk is on its way (conv2d_load.cuh).
 *
 * Fragments (conv2d_tile.cuh). A warp multiplies 16 pixels x 8 words x 8 outputs at a time (mma.h),
 * a word being one channel in tf32 and two in bf16. With g = lane / 4, t = lane % 4 a lane holds of
 * A pixels g, g+8 in words t, t+4; of B words t, t+4 for output g; of the sums pixels g, g+8 for
 * outputs 2t, 2t+1. Pixels of a word lie side by side in the patch, so a lane's bank is 8t + g when
 * from word to word it is 8 banks on (or 24): planes of the patch and lines of the weights are an
 * odd number of eights long, and no two lanes meet. 8 outputs is the least there is: the many
 * layers of 8 channels waste nothing. Float32 has the same tiles and the same places for the sums,
 * and multiplies what it finds there one by one.
 *
 * Around it. Small maps do not fill a GPU: tiles are then smaller, and blocks share the source
 * channels of one; the last to come adds up what all have left, in order (conv2d_tiling.cu). The
 * tile with y in registers also makes y's statistics for the norm behind: per tile and channel
 * (mean, squared deviations), merged by the last block. The input gradient is the same product from
 * the other side (conv2d_input.cu); the weights' is another one, pixels being what is summed over
 * (conv2d_weights.cu). Groups and sizes that fit no tile: conv2d_direct.cu; there, too, the input
 * gradient of a convolution that has both a stride and a dilation. */
#ifndef P2C_CUDA_CONV2D_CUH
#define P2C_CUDA_CONV2D_CUH

#include "../activation.cuh"
#include "../norm.cuh"
#include "op/conv2d.h"

/* Sizes, by value. What is convolved is x repeated `up` times along both axes: h and w are its
 * size, xh and xw that of x. cin, cout: of one group; x has groups*cin planes a picture, y
 * groups*cout. */
struct Conv {
    int n, groups, cin, cout, h, w, xh, xw, up, kh, kw, oh, ow, stride, dilation, pad;
    bool reflect;
    bool normed, relu; /* x is read normed */
    float eps;
    float slope; /* of the activation that y is stored with */
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
    s.reflect = o.reflect, s.normed = a->normed, s.relu = a->norm.relu, s.eps = a->norm.eps,
    s.slope = p2c_slope(a->activation);
    return s;
}

static inline P2cPrecision precision_of(const P2cCall *call) { return call->queue->ctx->precision; }

/* Where position i of an axis reads in x, i from -pad on, `size` that of the axis: an index of x,
 * or -1 for zero. */
static __device__ inline int source_of(int i, int size, int up, bool reflect) {
    if (reflect) i = i < 0 ? -i : i >= size ? 2 * (size - 1) - i : i;
    /* with reflection: beyond the padding, where only unused threads read */
    if (i < 0 || i >= size) return -1;
    return up == 1 ? i : i / up;
}

/* The positions of a padded axis that read index i: itself and its mirror images, counted from the
 * padding's first; -1: there is no k-th. */
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

/* The statistics of the planes of x: made by what made x, or kept by forward. Read by norm_at
 * alone, where x is normed. */
static inline const float *statistics_of_x(const P2cCall *call) {
    return call->x_statistics ? call->x_statistics : (const float *)call->saved;
}

/* How plane p of x is normed as it is read; without a norm: not at all, to the bit. */
static __device__ inline Norm norm_at(const float *statistics, int p, const Conv &s) {
    Norm none = { 0, 1, -INFINITY };
    return s.normed ? norm_of(statistics, p, s.eps, s.relu) : none;
}

/* y. conv2d_forward.cu; statistics of x have been made where x is normed. */
void p2c_cuda_conv2d_forward(const P2cCall *call, Conv s);
size_t p2c_cuda_conv2d_forward_work(Conv s);
/* Both for any sizes, groups above all: conv2d_direct.cu. Statistics of y are left to the
 * caller. */
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

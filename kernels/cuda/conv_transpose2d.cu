/* conv_transpose2d: y[o] = b[o] + sum over the group's c and the taps u, v of w[c][o][u][v] *
 * x[c][i][j], for the pixels i, j of x whose tap falls on the element: its row is i*stride +
 * u*dilation - pad. The thread of an element of y, or of dx, finds all its terms itself. A weight's
 * gradient is computed by a warp. Everything is float32, whatever the precision: sums are float32
 * over a channel's taps, double over channels. */
#include "op/conv_transpose2d.h"
#include "sums.cuh"

/* Passed by value. cin, cout: of one group; x has groups*cin planes per picture, y groups*cout. */
struct Conv {
    int n, groups, cin, cout, h, w, kh, kw, oh, ow, stride, pad, dilation;
};

static Conv conv_of(const P2cNode *node) {
    const P2cConv2d o = P2C_ATTRIBUTES(node, P2cConvTransposeAttributes)->conv;
    const P2cDims x = node->x[0]->dims, w = node->x[1]->dims, y = node->dims;
    return Conv{ x.d[0], o.groups, x.d[1] / o.groups, w.d[1], x.d[2],    x.d[3], w.d[2], w.d[3],
                 y.d[2], y.d[3],   o.stride,          o.pad,  o.dilation };
}

/* ---- forward --------------------------------------------------------------------------------- */

/* The element of an axis of x whose tap k falls on position i of y, or -1. */
static __device__ inline int source_of(const Conv &s, int i, int k, int size) {
    int at = i + s.pad - k * s.dilation, source = at / s.stride;
    return at >= 0 && source * s.stride == at && source < size ? source : -1;
}

/* What one channel of x adds to row i, column j of an output. */
static __device__ inline float taps_sum(const Conv &s, const float *x, const float *w, int i,
                                        int j) {
    float sum = 0;
    for (int u = 0; u < s.kh; u++) {
        int row = source_of(s, i, u, s.h);
        for (int v = 0; v < s.kw && row >= 0; v++) {
            int column = source_of(s, j, v, s.w);
            if (column >= 0) sum += w[u * s.kw + v] * x[row * s.w + column];
        }
    }
    return sum;
}

static __global__ void forward_kernel(Conv s, const float *__restrict__ x,
                                      const float *__restrict__ w, const float *bias, float *y,
                                      unsigned count) {
    unsigned e = global_thread();
    if (e >= count) return;
    int j = (int)(e % s.ow), i = (int)(e / s.ow % s.oh), plane = (int)(e / s.ow / s.oh),
        o = plane % (s.groups * s.cout), group = o / s.cout;
    /* index of the plane in x */
    int first = plane / (s.groups * s.cout) * s.groups * s.cin + group * s.cin;
    double sum = bias ? bias[o] : 0;
    for (int c = 0; c < s.cin; c++)
        sum +=
            taps_sum(s, x + (size_t)(first + c) * s.h * s.w,
                     w + ((size_t)(group * s.cin + c) * s.cout + o % s.cout) * s.kh * s.kw, i, j);
    y[e] = (float)sum;
}

static void forward(const P2cCall *call) {
    unsigned count = (unsigned)count_of(call->node);
    const float *bias = call->node->count > 2 ? call->x[2] : NULL;
    P2C_LAUNCH(forward_kernel, blocks_for(count), THREADS, 0, call->queue, conv_of(call->node),
               call->x[0], call->x[1], bias, call->y, count);
}

/* ---- gradients ------------------------------------------------------------------------------- */

/* What one output adds to row i, column j of x: a convolution of dy. */
static __device__ inline float taps_gradient(const Conv &s, const float *dy, const float *w, int i,
                                             int j) {
    float sum = 0;
    for (int u = 0; u < s.kh; u++) {
        int row = i * s.stride + u * s.dilation - s.pad;
        for (int v = 0; v < s.kw && row >= 0 && row < s.oh; v++) {
            int column = j * s.stride + v * s.dilation - s.pad;
            if (column >= 0 && column < s.ow) sum += w[u * s.kw + v] * dy[row * s.ow + column];
        }
    }
    return sum;
}

static __global__ void input_kernel(Conv s, const float *__restrict__ dy,
                                    const float *__restrict__ w, float *dx, unsigned count,
                                    bool overwrite) {
    unsigned e = global_thread();
    if (e >= count) return;
    int j = (int)(e % s.w), i = (int)(e / s.w % s.h), plane = (int)(e / s.w / s.h),
        c = plane % (s.groups * s.cin);
    /* index of the plane in dy */
    int first = plane / (s.groups * s.cin) * s.groups * s.cout + c / s.cin * s.cout;
    double sum = 0;
    for (int o = 0; o < s.cout; o++)
        sum += taps_gradient(s, dy + (size_t)(first + o) * s.oh * s.ow,
                             w + ((size_t)c * s.cout + o) * s.kh * s.kw, i, j);
    put(&dx[e], (float)sum, overwrite);
}

/* A warp for each weight: it sums the pixels of x that the weight multiplies, times the elements of
 * dy that they contribute to. */
static __global__ void weight_kernel(Conv s, const float *__restrict__ x,
                                     const float *__restrict__ dy, float *dw, unsigned count,
                                     bool overwrite) {
    unsigned weight = blockIdx.x * (THREADS / WARP) + threadIdx.x / WARP;
    if (weight >= count) return;
    int v = (int)(weight % s.kw), u = (int)(weight / s.kw % s.kh),
        pair = (int)(weight / s.kw / s.kh), c = pair / s.cout, area = s.h * s.w;
    int output = c / s.cin * s.cout + pair % s.cout;
    double total = 0;
    for (int n = 0; n < s.n; n++) {
        const float *from = x + ((size_t)n * s.groups * s.cin + c) * area,
                    *to = dy + ((size_t)n * s.groups * s.cout + output) * s.oh * s.ow;
        float sum = 0;
        for (int k = threadIdx.x % WARP; k < area; k += WARP) {
            int row = k / s.w * s.stride + u * s.dilation - s.pad,
                column = k % s.w * s.stride + v * s.dilation - s.pad;
            if (row >= 0 && row < s.oh && column >= 0 && column < s.ow)
                sum += from[k] * to[row * s.ow + column];
        }
        total += sum;
    }
    total = warp_sum(total);
    if (threadIdx.x % WARP == 0) put(&dw[weight], (float)total, overwrite);
}

struct ConvTransposeBias {
    const float *dy;
    __device__ float operator()(unsigned i, unsigned) const { return dy[i]; }
    __device__ void pass(unsigned, unsigned) const {}
};

static Sums bias_sums(const P2cNode *node) {
    P2cDims b = { 4, { 1, node->dims.d[1], 1, 1 } };
    return sums_of_operand(node->dims, b, b);
}

static void backward(const P2cCall *call) {
    Conv s = conv_of(call->node);
    unsigned elements = (unsigned)count_of(call->node->x[0]),
             weights = (unsigned)count_of(call->node->x[1]);
    if (call->dx[0])
        P2C_LAUNCH(input_kernel, blocks_for(elements), THREADS, 0, call->queue, s, call->dy,
                   call->x[1], call->dx[0], elements, is_overwritten(call, 0));
    if (call->dx[1])
        P2C_LAUNCH(weight_kernel, blocks_for(weights, THREADS / WARP), THREADS, 0, call->queue, s,
                   call->x[0], call->dy, call->dx[1], weights, is_overwritten(call, 1));
    if (call->dx[2])
        put_sums(call, bias_sums(call->node), ConvTransposeBias{ call->dy }, 1, call->dx[2],
                 is_overwritten(call, 2));
}

static size_t work(const P2cNode *node, bool backward, int threads) {
    (void)threads;
    return backward && node->count > 2 ? sums_work(bias_sums(node)) : 0;
}

const P2cKernel p2c_cuda_conv_transpose2d = {
    .forward = forward, .backward = backward, .work = work, .overwrite = true
};

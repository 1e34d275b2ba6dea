/* direct.cu: convolutions whose groups have few channels, or that fit no tile: a thread per
 * element, in float32 whatever the precision. Sums are float32 over a channel's taps, double over
 * channels. If x is normalised, the gradient of the normalised map goes to `work`, and from there
 * through the norm. */
#include "conv2d.cuh"

struct ConvDirect {
    Conv s;
    const float *x, *w, *bias, *statistics, *dy;
    float *to;
    unsigned count; /* number of elements of `to` */
    bool overwrite;
    int every; /* of the input gradient, see first_tap */
};

/* The sum of one output's taps in one channel. */
static __device__ inline float taps_sum(const Conv &s, const float *x, const float *w, int i, int j,
                                        Norm norm) {
    float sum = 0;
    for (int u = 0; u < s.kh; u++) {
        int y = source_of(i * s.stride + u * s.dilation - s.pad, s.h, s.up, s.reflect);
        for (int v = 0; v < s.kw && y >= 0; v++) {
            int column = source_of(j * s.stride + v * s.dilation - s.pad, s.w, s.up, s.reflect);
            if (column >= 0) sum += w[u * s.kw + v] * normalised(x[y * s.xw + column], norm);
        }
    }
    return sum;
}

static __global__ void direct_kernel(ConvDirect d) {
    const Conv &s = d.s;
    unsigned e = global_thread();
    if (e >= d.count) return;
    int j = (int)(e % s.ow), i = (int)(e / s.ow % s.oh), plane = (int)(e / s.ow / s.oh),
        o = plane % (s.groups * s.cout);
    /* index of the plane in x */
    int first = plane / (s.groups * s.cout) * s.groups * s.cin + o / s.cout * s.cin;
    double sum = d.bias ? d.bias[o] : 0;
    for (int c = 0; c < s.cin; c++)
        sum += taps_sum(s, d.x + (size_t)(first + c) * s.xh * s.xw,
                        d.w + ((size_t)o * s.cin + c) * s.kh * s.kw, i, j,
                        norm_at(d.statistics, first + c, s));
    d.to[e] = activated((float)sum, s.slope);
}

void p2c_cuda_conv2d_direct(const P2cCall *call, Conv s) {
    unsigned count = (unsigned)count_of(call->node);
    ConvDirect d = { s,
                     call->x[0],
                     call->x[1],
                     call->node->count > 2 ? call->x[2] : NULL,
                     statistics_of_x(call),
                     NULL,
                     call->y,
                     count,
                     true,
                     0 };
    P2C_LAUNCH(direct_kernel, blocks_for(count), THREADS, 0, call->queue, d);
}

/* ---- the input gradient ---------------------------------------------------------------------- */

/* The first tap of an axis through which position q is read at all. Further ones follow at
 * distances of stride / gcd(stride, dilation). */
static __device__ inline int first_tap(const Conv &s, int q, int kernel) {
    if (s.dilation == 1) return q % s.stride;
    int u = 0;
    while (u < kernel && (q - u * s.dilation) % s.stride) u++;
    return u;
}

static int gcd(int a, int b) { return b ? gcd(b, a % b) : a; }

/* What position (q, r) of the padded map gets from one channel of dy, through its taps. */
static __device__ inline float taps_gradient(const ConvDirect &d, const float *dy, const float *w,
                                             int q, int r) {
    const Conv &s = d.s;
    float sum = 0;
    const int every = d.every, top = first_tap(s, q, s.kh), left = first_tap(s, r, s.kw);
    for (int u = top; u < s.kh && u * s.dilation <= q; u += every) {
        int i = (q - u * s.dilation) / s.stride;
        for (int v = left; v < s.kw && v * s.dilation <= r && i < s.oh; v += every) {
            int j = (r - v * s.dilation) / s.stride;
            if (j < s.ow) sum += w[u * s.kw + v] * dy[i * s.ow + j];
        }
    }
    return sum;
}

static __global__ void direct_input_kernel(ConvDirect d) {
    const Conv &s = d.s;
    unsigned e = global_thread();
    if (e >= d.count) return;
    int column = (int)(e % s.xw), row = (int)(e / s.xw % s.xh), plane = (int)(e / s.xw / s.xh),
        c = plane % (s.groups * s.cin), group = c / s.cin;
    /* index of the plane in dy */
    int first = plane / (s.groups * s.cin) * s.groups * s.cout + group * s.cout;
    double sum = 0;
    for (int o = 0; o < s.cout; o++) {
        const float *dy = d.dy + (size_t)(first + o) * s.oh * s.ow,
                    *w = d.w + ((size_t)(group * s.cout + o) * s.cin + c % s.cin) * s.kh * s.kw;
        for (int y = row * s.up; y < (row + 1) * s.up; y++)
            for (int x = column * s.up; x < (column + 1) * s.up; x++)
                for (int k = 0; k < READERS * READERS; k++) {
                    int q = reader_of(y, k / READERS, s.h, s.pad, s.reflect),
                        r = reader_of(x, k % READERS, s.w, s.pad, s.reflect);
                    if (q >= 0 && r >= 0) sum += taps_gradient(d, dy, w, q, r);
                }
    }
    put(&d.to[e], (float)sum, d.overwrite);
}

static size_t gradient_bytes(Conv s) {
    return aligned_bytes(p2c_dims_count(x_dims(s)) * sizeof(float));
}

size_t p2c_cuda_conv2d_direct_input_work(Conv s) {
    return s.normalised ? gradient_bytes(s) + p2c_cuda_plane_statistics_work(x_dims(s)) : 0;
}

void p2c_cuda_conv2d_direct_input_gradient(const P2cCall *call, Conv s) {
    float *g = s.normalised ? (float *)call->work : call->dx[0];
    ConvDirect d = { s,
                     NULL,
                     call->x[1],
                     NULL,
                     NULL,
                     call->dy,
                     g,
                     (unsigned)p2c_dims_count(x_dims(s)),
                     s.normalised || is_overwritten(call, 0),
                     s.stride / gcd(s.stride, s.dilation) };
    P2C_LAUNCH(direct_input_kernel, blocks_for(d.count), THREADS, 0, call->queue, d);
    if (s.normalised)
        p2c_cuda_norm_gradient(call, call->x[0], g, call->dx[0], x_dims(s), s.relu, s.eps,
                               statistics_of_x(call), (char *)call->work + gradient_bytes(s),
                               is_overwritten(call, 0));
}

/* conv_transpose2d: matrix products over columns, strip by strip of rows of x. A group's weights
 * are a matrix w (cin x taps), tap (o,u,v):
 *   columns[o,u,v][pixel i,j] is what that tap adds to
 *       y[o][i*stride+u*dilation-pad][j*stride+v*dilation-pad], or the gradient there
 *   forward          y = b, then columns = w^T . x, added to their places in y
 *   input gradient   dx (cin x pixels) += w . columns of dy
 *   weight gradient  dw (cin x taps) += x . columns of dy ^T
 *
 * In y and dw output channels are independent, so each thread takes a block of them and goes
 * through the strips in order. In dx strips are independent. */
#include <string.h>

#include "gemm.h"
#include "op/conv_transpose2d.h"

/* ROWS: about so many rows of columns for a block of outputs. PIXELS, STRIP_FLOATS: most pixels,
 * and floats of columns, of a strip. */
enum { ROWS = 72, PIXELS = 2048, STRIP_FLOATS = 1 << 19 };

/* cin, cout: of one group. */
typedef struct Conv {
    int n, groups, cin, cout, h, w, kh, kw, oh, ow, stride, pad, dilation;
} Conv;

static Conv conv_of(const P2cNode *node) {
    const P2cConv2d o = P2C_ATTRIBUTES(node, P2cConvTransposeAttributes)->conv;
    const P2cDims x = node->x[0]->dims, w = node->x[1]->dims, y = node->dims;
    return (Conv){ .n = x.d[0],
                   .groups = o.groups,
                   .cin = x.d[1] / o.groups,
                   .cout = w.d[1],
                   .h = x.d[2],
                   .w = x.d[3],
                   .kh = w.d[2],
                   .kw = w.d[3],
                   .oh = y.d[2],
                   .ow = y.d[3],
                   .stride = o.stride,
                   .pad = o.pad,
                   .dilation = o.dilation };
}

static int kernel_of(Conv s) { return s.kh * s.kw; }
static size_t in_plane(Conv s) { return (size_t)s.h * (size_t)s.w; }
static size_t out_plane(Conv s) { return (size_t)s.oh * (size_t)s.ow; }
static size_t group_weights(Conv s) {
    return (size_t)s.cin * (size_t)s.cout * (size_t)kernel_of(s);
}
/* Number of output channels in a block. */
static int block_channels(Conv s) { return max_int(1, min_int(s.cout, ROWS / kernel_of(s))); }
static int blocks_of(Conv s) { return (s.cout + block_channels(s) - 1) / block_channels(s); }
/* Rows of x in a strip, at least one. pixels: limit that depends on whether threads have blocks of
 * outputs or strips of all outputs. */
static int strip_rows(Conv s, size_t pixels) {
    return max_int(1, min_int(s.h, (int)(pixels / (size_t)s.w)));
}
static int block_strip(Conv s) { return strip_rows(s, PIXELS); }
static int whole_strip(Conv s) {
    return strip_rows(s, STRIP_FLOATS / ((size_t)s.cout * (size_t)kernel_of(s)));
}

static size_t columns_floats(Conv s, int channels, int rows) {
    return aligned_floats((size_t)channels * (size_t)kernel_of(s) * (size_t)rows * (size_t)s.w);
}

/* ---- columns --------------------------------------------------------------------------------- */

/* The columns j of x, first to end-1, for which the tap at `shift` is inside a row of y. */
typedef struct Range {
    int first, end;
} Range;

static Range range_of(Conv s, int shift) {
    int first = shift < 0 ? (-shift + s.stride - 1) / s.stride : 0;
    return (Range){ first, shift < s.ow ? min_int(s.w, (s.ow - 1 - shift) / s.stride + 1) : 0 };
}

static void scatter(const float *from, Conv s, int shift, float *row) {
    Range r = range_of(s, shift);
    if (s.stride == 1)
        for (int j = r.first; j < r.end; j++) row[j + shift] += from[j];
    else if (s.stride == 2)
        for (int j = r.first; j < r.end; j++) row[j * 2 + shift] += from[j];
    else
        for (int j = r.first; j < r.end; j++) row[j * s.stride + shift] += from[j];
}

/* row is NULL outside the map, where all values are zero. */
static void gather(const float *row, Conv s, int shift, float *to) {
    Range r = row ? range_of(s, shift) : (Range){ 0, 0 };
    int end = max_int(r.first, r.end);
    memset(to, 0, (size_t)min_int(r.first, s.w) * sizeof *to);
    if (s.stride == 1)
        for (int j = r.first; j < r.end; j++) to[j] = row[j + shift];
    else if (s.stride == 2)
        for (int j = r.first; j < r.end; j++) to[j] = row[j * 2 + shift];
    else
        for (int j = r.first; j < r.end; j++) to[j] = row[j * s.stride + shift];
    if (end < s.w) memset(to + end, 0, (size_t)(s.w - end) * sizeof *to);
}

/* Adds the columns of rows top..top+rows-1 of x to `channels` planes of y. */
static void add_columns(const float *columns, Conv s, int channels, int top, int rows, float *y) {
    for (int o = 0; o < channels; o++, y += out_plane(s))
        for (int u = 0; u < s.kh; u++)
            for (int v = 0; v < s.kw; v++)
                for (int i = top; i < top + rows; i++, columns += s.w) {
                    int at = i * s.stride + u * s.dilation - s.pad;
                    if (at >= 0 && at < s.oh)
                        scatter(columns, s, v * s.dilation - s.pad, y + (size_t)at * (size_t)s.ow);
                }
}

/* Makes the columns of rows top..top+rows-1 of x from dy. */
static void make_columns(const float *dy, Conv s, int channels, int top, int rows, float *columns) {
    for (int o = 0; o < channels; o++, dy += out_plane(s))
        for (int u = 0; u < s.kh; u++)
            for (int v = 0; v < s.kw; v++)
                for (int i = top; i < top + rows; i++, columns += s.w) {
                    int at = i * s.stride + u * s.dilation - s.pad;
                    gather(at >= 0 && at < s.oh ? dy + (size_t)at * (size_t)s.ow : NULL, s,
                           v * s.dilation - s.pad, columns);
                }
}

/* ---- forward --------------------------------------------------------------------------------- */

/* A block of output channels of group g, from `first` on. */
typedef struct Block {
    int group, first, count;
    float *columns, *work; /* the thread's: work is the scratch of a product */
} Block;

static Block block_at(const P2cCall *call, Conv s, int i) {
    int size = block_channels(s);
    Block b = { .group = i / blocks_of(s), .first = i % blocks_of(s) * size };
    b.count = min_int(size, s.cout - b.first);
    size_t floats = columns_floats(s, size, block_strip(s));
    b.columns = (float *)call->work + (size_t)p2c_team_slot() * (floats + GEMM_FLOATS);
    b.work = b.columns + floats;
    return b;
}

static void forward_block(const P2cCall *call, Conv s, int n, Block b) {
    int taps = s.cout * kernel_of(s), plane = (int)in_plane(s), first = b.group * s.cout + b.first;
    size_t ng = (size_t)n * (size_t)s.groups + (size_t)b.group;
    const float *w =
        call->x[1] + (size_t)b.group * group_weights(s) + (size_t)b.first * (size_t)kernel_of(s);
    float *y = call->y + (ng * (size_t)s.cout + (size_t)b.first) * out_plane(s);
    for (int o = 0; o < b.count; o++)
        for (size_t i = 0; i < out_plane(s); i++)
            y[(size_t)o * out_plane(s) + i] = call->node->count == 3 ? call->x[2][first + o] : 0;
    for (int top = 0; top < s.h; top += block_strip(s)) {
        int rows = min_int(block_strip(s), s.h - top), pixels = rows * s.w;
        const float *x = call->x[0] + ng * (size_t)s.cin * in_plane(s) + (size_t)top * (size_t)s.w;
        gemm(&(Gemm){ .m = b.count * kernel_of(s),
                      .n = pixels,
                      .k = s.cin,
                      .a = { w, taps, true },
                      .b = { x, plane, false },
                      .c = b.columns,
                      .c_stride = pixels },
             b.work);
        add_columns(b.columns, s, b.count, top, rows, y);
    }
}

static void forward(const P2cCall *call) {
    Conv s = conv_of(call->node);
    int blocks = s.groups * blocks_of(s);
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(call->node->dims))) \
    schedule(static)
    for (int i = 0; i < s.n * blocks; i++)
        forward_block(call, s, i / blocks, block_at(call, s, i % blocks));
}

/* ---- gradients ------------------------------------------------------------------------------- */

static void input_strip(const P2cCall *call, Conv s, size_t ng, int top) {
    int rows = min_int(whole_strip(s), s.h - top), pixels = rows * s.w,
        taps = s.cout * kernel_of(s);
    const float *w = call->x[1] + ng % (size_t)s.groups * group_weights(s);
    size_t floats = columns_floats(s, s.cout, whole_strip(s));
    float *columns = (float *)call->work + (size_t)p2c_team_slot() * (floats + GEMM_FLOATS);
    float *dx = call->dx[0] + ng * (size_t)s.cin * in_plane(s) + (size_t)top * (size_t)s.w;
    make_columns(call->dy + ng * (size_t)s.cout * out_plane(s), s, s.cout, top, rows, columns);
    gemm(&(Gemm){ .m = s.cin,
                  .n = pixels,
                  .k = taps,
                  .a = { w, taps, false },
                  .b = { columns, pixels, false },
                  .c = dx,
                  .c_stride = (int)in_plane(s),
                  .add = true },
         columns + floats);
}

static void input_gradient(const P2cCall *call, Conv s) {
    int step = whole_strip(s), strips = (s.h + step - 1) / step;
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(call->node->dims))) \
    schedule(static)
    for (int i = 0; i < s.n * s.groups * strips; i++)
        input_strip(call, s, (size_t)(i / strips), i % strips * step);
}

static void weight_block(const P2cCall *call, Conv s, Block b) {
    int taps = s.cout * kernel_of(s), plane = (int)in_plane(s);
    float *dw =
        call->dx[1] + (size_t)b.group * group_weights(s) + (size_t)b.first * (size_t)kernel_of(s);
    for (int n = 0; n < s.n; n++)
        for (int top = 0; top < s.h; top += block_strip(s)) {
            int rows = min_int(block_strip(s), s.h - top), pixels = rows * s.w;
            size_t ng = (size_t)n * (size_t)s.groups + (size_t)b.group;
            const float *x =
                call->x[0] + ng * (size_t)s.cin * in_plane(s) + (size_t)top * (size_t)s.w;
            make_columns(call->dy + (ng * (size_t)s.cout + (size_t)b.first) * out_plane(s), s,
                         b.count, top, rows, b.columns);
            gemm(&(Gemm){ .m = s.cin,
                          .n = b.count * kernel_of(s),
                          .k = pixels,
                          .a = { x, plane, false },
                          .b = { b.columns, pixels, true },
                          .c = dw,
                          .c_stride = taps,
                          .add = true },
                 b.work);
        }
}

static void weight_gradient(const P2cCall *call, Conv s) {
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(call->node->dims))) \
    schedule(static)
    for (int i = 0; i < s.groups * blocks_of(s); i++) weight_block(call, s, block_at(call, s, i));
}

static void bias_gradient(const P2cCall *call, Conv s) {
    int channels = s.groups * s.cout;
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(call->node->dims))) \
    schedule(static)
    for (int o = 0; o < channels; o++) {
        double sum = 0;
        for (int n = 0; n < s.n; n++)
            sum += sum_of(call->dy + ((size_t)n * (size_t)channels + (size_t)o) * out_plane(s),
                          out_plane(s));
        call->dx[2][o] += (float)sum;
    }
}

static void backward(const P2cCall *call) {
    Conv s = conv_of(call->node);
    if (call->dx[0]) input_gradient(call, s);
    if (call->dx[1]) weight_gradient(call, s);
    if (call->dx[2]) bias_gradient(call, s);
}

static size_t work(const P2cNode *node, bool backward, int threads) {
    Conv s = conv_of(node);
    size_t block = columns_floats(s, block_channels(s), block_strip(s)),
           strip = columns_floats(s, s.cout, whole_strip(s));
    return sizeof(float) * (size_t)threads *
           ((backward && strip > block ? strip : block) + GEMM_FLOATS);
}

const P2cKernel P2C_CPU(conv_transpose2d) = { .forward = forward,
                                              .backward = backward,
                                              .work = work };

/* gemm.c: convolution as matrix products over im2col columns, one tile of pixels at a time.
 *   columns[c*kh*kw + u*kw + v][pixel] = x[c][row*stride+u*dilation-pad][col*stride+v*dilation-pad]
 *   forward          y  (cout x pixels)  = w (cout x taps) . columns
 *   input gradient   columns' = w^T . dy, added back to where they were read (col2im)
 *   weight gradient  dw += dy . columns^T
 *
 * In both gradients input channels are independent: a thread takes a block of them and goes through
 * the tiles in order. */
#include <string.h>

#include "../gemm.h"
#include "conv2d.h"

enum { ROWS = 72, OUTPUTS = 64, BACKWARD_PIXELS = 2048, FORWARD_FLOATS = 4 << 20 };

/* Number of outputs in a block of the result: a thread's share, in whole OUTPUTS, since each block
 * packs all columns again. */
static int outputs_of(Conv s, int threads) {
    int share = (s.cout + threads - 1) / threads;
    return GEMM_CUTS_CHANGE_BITS ? OUTPUTS : (share + OUTPUTS - 1) / OUTPUTS * OUTPUTS;
}
static size_t taps_of(Conv s) { return (size_t)s.kh * (size_t)s.kw; }
/* Number of input channels in a block of the gradients: about ROWS rows of columns. */
static int channels_of(Conv s) { return max_int(1, min_int(s.cin, ROWS / (s.kh * s.kw))); }
/* Number of rows of y in a tile, at least one. */
static int tile_rows(Conv s, size_t pixels) {
    return max_int(1, min_int(s.oh, (int)(pixels / (size_t)s.ow)));
}
static int forward_rows(Conv s) {
    return tile_rows(s, FORWARD_FLOATS / ((size_t)s.cin * taps_of(s)));
}

/* Forward: the columns of all channels, then each thread's scratch of a product. */
static size_t columns_floats(Conv s) {
    return aligned_floats((size_t)s.cin * taps_of(s) * (size_t)forward_rows(s) * (size_t)s.ow);
}
/* Backward, each thread: the columns of a block, then the scratch of a product. */
static size_t block_floats(Conv s) {
    return aligned_floats((size_t)channels_of(s) * taps_of(s) *
                          (size_t)tile_rows(s, BACKWARD_PIXELS) * (size_t)s.ow);
}

size_t P2C_CPU(conv2d_gemm_work)(Conv s, bool backward, int threads) {
    size_t count = (size_t)threads;
    if (!backward) return sizeof(float) * (columns_floats(s) + count * GEMM_FLOATS);
    return sizeof(float) * count * (block_floats(s) + GEMM_FLOATS);
}

/* ---- columns --------------------------------------------------------------------------------- */

/* Makes one row of y's width from a row of x (NULL: zeros), for tap column v. */
static void gather(const float *row, Conv s, Norm norm, int v, float *to) {
    if (!row) {
        memset(to, 0, (size_t)s.ow * sizeof *to);
        return;
    }
    for (int j = 0; j < s.ow; j++) {
        int at = padded_index(j * s.stride + v * s.dilation - s.pad_x, s.w, s.reflect);
        to[j] = at < 0 ? 0 : normalised(row[s.up == 1 ? at : at / s.up], norm);
    }
}

static void scatter(const float *from, Conv s, int v, float *row) {
    for (int j = 0; j < s.ow; j++) {
        int at = padded_index(j * s.stride + v * s.dilation - s.pad_x, s.w, s.reflect);
        if (at >= 0) row[at] += from[j];
    }
}

/* Turns `channels` planes of x, from `plane` on, into the columns of rows top..top+rows-1 of y. */
static void im2col(const P2cCall *call, size_t plane, Conv s, int channels, int top, int rows,
                   float *columns) {
    const float *x = call->x[0] + plane * (size_t)(s.h / s.up) * (size_t)(s.w / s.up);
    for (int c = 0; c < channels; c++) {
        Norm norm = norm_at(call, s, plane + (size_t)c);
        for (int u = 0; u < s.kh; u++)
            for (int v = 0; v < s.kw; v++)
                for (int r = 0; r < rows; r++, columns += s.ow) {
                    int at = padded_index((top + r) * s.stride + u * s.dilation - s.pad_y, s.h,
                                          s.reflect);
                    gather(at < 0 ? NULL : input_row(x, s, c, at), s, norm, v, columns);
                }
    }
}

static void col2im(const float *columns, Conv s, int channels, int top, int rows, float *dx) {
    for (int c = 0; c < channels; c++)
        for (int u = 0; u < s.kh; u++)
            for (int v = 0; v < s.kw; v++)
                for (int r = 0; r < rows; r++, columns += s.ow) {
                    int at = padded_index((top + r) * s.stride + u * s.dilation - s.pad_y, s.h,
                                          s.reflect);
                    if (at >= 0)
                        scatter(columns, s, v,
                                dx + ((size_t)c * (size_t)s.h + (size_t)at) * (size_t)s.w);
                }
}

/* ---- forward --------------------------------------------------------------------------------- */

/* Computes y (cout x pixels): bias first, then += w . columns, then the activation while y is in
 * cache. Split over blocks of outputs. */
static void multiply(const P2cCall *call, Conv s, const float *w, const float *bias,
                     const float *columns, size_t pixels, float *y) {
    int depth = s.cin * s.kh * s.kw, plane = s.oh * s.ow, size = outputs_of(s, call->threads),
        blocks = (s.cout + size - 1) / size;
#pragma omp parallel for num_threads(call->threads) schedule(static)
    for (int b = 0; b < blocks; b++) {
        int first = b * size, count = min_int(size, s.cout - first);
        for (int o = first; o < first + count; o++)
            for (size_t i = 0; i < pixels; i++)
                y[(size_t)o * (size_t)plane + i] = bias ? bias[o] : 0;
        gemm(&(Gemm){ .m = count,
                      .n = (int)pixels,
                      .k = depth,
                      .a = { w + (size_t)first * (size_t)depth, depth, false },
                      .b = { columns, (int)pixels, false },
                      .c = y + (size_t)first * (size_t)plane,
                      .c_stride = plane,
                      .add = true },
             (float *)call->work + columns_floats(s) + (size_t)p2c_team_slot() * GEMM_FLOATS);
        for (int o = first; o < first + count && s.slope != 1; o++)
            for (size_t i = 0; i < pixels; i++)
                y[(size_t)o * (size_t)plane + i] =
                    activated(y[(size_t)o * (size_t)plane + i], s.slope);
    }
}

void P2C_CPU(conv2d_gemm)(const P2cCall *call, Conv s) {
    float *columns = call->work;
    const float *bias = call->node->count == 3 ? call->x[2] : NULL;
    size_t out_plane = (size_t)s.oh * (size_t)s.ow,
           weights = (size_t)s.cout * (size_t)s.cin * taps_of(s);
    int step = forward_rows(s);
    for (int ng = 0; ng < s.n * s.groups; ng++)
        for (int top = 0; top < s.oh; top += step) {
            int rows = min_int(step, s.oh - top), g = ng % s.groups;
            size_t pixels = (size_t)rows * (size_t)s.ow;
#pragma omp parallel for num_threads(call->threads) schedule(static)
            for (int c = 0; c < s.cin; c++)
                im2col(call, (size_t)ng * (size_t)s.cin + (size_t)c, s, 1, top, rows,
                       columns + (size_t)c * taps_of(s) * pixels);
            multiply(call, s, call->x[1] + (size_t)g * weights, bias ? bias + g * s.cout : NULL,
                     columns, pixels,
                     call->y + (size_t)ng * (size_t)s.cout * out_plane +
                         (size_t)top * (size_t)s.ow);
        }
}

/* ---- gradients ------------------------------------------------------------------------------- */

/* A block of input channels of one group, and the thread's scratch. */
typedef struct Block {
    int group, first, count;
    float *columns, *work;
} Block;

static Block block_at(const P2cCall *call, Conv s, int i) {
    int size = channels_of(s), per_group = (s.cin + size - 1) / size;
    Block b = { .group = i / per_group, .first = i % per_group * size };
    b.count = min_int(size, s.cin - b.first);
    b.columns = (float *)call->work + (size_t)p2c_team_slot() * (block_floats(s) + GEMM_FLOATS);
    b.work = b.columns + block_floats(s);
    return b;
}

static int block_count(Conv s) {
    return s.groups * ((s.cin + channels_of(s) - 1) / channels_of(s));
}

static void input_block(const P2cCall *call, Conv s, Block b) {
    size_t in_plane = (size_t)s.h * (size_t)s.w;
    int plane = s.oh * s.ow, taps = s.kh * s.kw, step = tile_rows(s, BACKWARD_PIXELS);
    const float *w =
        call->x[1] +
        ((size_t)b.group * (size_t)s.cout * (size_t)s.cin + (size_t)b.first) * (size_t)taps;
    for (int n = 0; n < s.n; n++)
        for (int top = 0; top < s.oh; top += step) {
            int rows = min_int(step, s.oh - top), pixels = rows * s.ow, ng = n * s.groups + b.group;
            const float *dy =
                call->dy + (size_t)ng * (size_t)s.cout * (size_t)plane + (size_t)top * (size_t)s.ow;
            gemm(&(Gemm){ .m = b.count * taps,
                          .n = pixels,
                          .k = s.cout,
                          .a = { w, s.cin * taps, true },
                          .b = { dy, plane, false },
                          .c = b.columns,
                          .c_stride = pixels },
                 b.work);
            col2im(b.columns, s, b.count, top, rows,
                   call->dx[0] + ((size_t)ng * (size_t)s.cin + (size_t)b.first) * in_plane);
        }
}

static void weight_block(const P2cCall *call, Conv s, Block b) {
    int plane = s.oh * s.ow, taps = s.kh * s.kw, step = tile_rows(s, BACKWARD_PIXELS);
    float *dw = call->dx[1] +
                ((size_t)b.group * (size_t)s.cout * (size_t)s.cin + (size_t)b.first) * (size_t)taps;
    for (int n = 0; n < s.n; n++)
        for (int top = 0; top < s.oh; top += step) {
            int rows = min_int(step, s.oh - top), pixels = rows * s.ow, ng = n * s.groups + b.group;
            const float *dy =
                call->dy + (size_t)ng * (size_t)s.cout * (size_t)plane + (size_t)top * (size_t)s.ow;
            im2col(call, (size_t)ng * (size_t)s.cin + (size_t)b.first, s, b.count, top, rows,
                   b.columns);
            gemm(&(Gemm){ .m = s.cout,
                          .n = b.count * taps,
                          .k = pixels,
                          .a = { dy, plane, false },
                          .b = { b.columns, pixels, true },
                          .c = dw,
                          .c_stride = s.cin * taps,
                          .add = true },
                 b.work);
        }
}

static size_t elements(Conv s) {
    return (size_t)s.n * (size_t)(s.groups * s.cin) * (size_t)s.h * (size_t)s.w;
}

void P2C_CPU(conv2d_gemm_input_gradient)(const P2cCall *call, Conv s) {
    int blocks = block_count(s);
#pragma omp parallel for num_threads(threads_for(call, elements(s))) schedule(static)
    for (int i = 0; i < blocks; i++) input_block(call, s, block_at(call, s, i));
}

void P2C_CPU(conv2d_gemm_weight_gradient)(const P2cCall *call, Conv s) {
    int blocks = block_count(s);
#pragma omp parallel for num_threads(threads_for(call, elements(s))) schedule(static)
    for (int i = 0; i < blocks; i++) weight_block(call, s, block_at(call, s, i));
}

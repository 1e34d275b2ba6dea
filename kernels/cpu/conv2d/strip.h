/* strip.h: a strip of rows, packed for the direct kernels.
 *
 * The map is cut into strips of rows. A strip's input is packed into scratch that stays in cache.
 * Padding (zero or reflected) is resolved, and rows are split by column modulo stride, so that
 * every tap of every stride and dilation reads consecutive elements:
 *      packed[c][row][phase][i] = x[c][row + top*stride - pad][i*stride + phase - pad],
 *          where x is repeated and normalised if that is fused
 *
 * Tap (c,u,v) of a pixel is then at a fixed distance, its offset. */
#ifndef P2C_CPU_CONV2D_STRIP_H
#define P2C_CPU_CONV2D_STRIP_H

#include <string.h>

#include "conv2d.h"

/* Output channels at a time, such that their sums fit the registers: 8 of 32, or 4 of 16. */
enum { BLOCK = LANES == 16 ? 8 : 4, STRIP_BYTES = 384 << 10 };

/* How a strip is laid out, in floats. */
typedef struct Strip {
    int rows, in_rows;       /* most rows of y, and the rows of x for them */
    int phase, row, channel; /* distances in floats: between phases, rows, channels */
    int taps, vectors;       /* vectors: number for each row of y */
} Strip;

static inline Strip strip_with(Conv s, int rows) {
    Strip t = { .rows = rows, .taps = s.cin * s.kh * s.kw, .vectors = (s.ow + LANES - 1) / LANES };
    t.phase = t.vectors * LANES + reach(s, s.kw) / s.stride;
    t.row = t.phase * s.stride;
    t.in_rows = (rows - 1) * s.stride + reach(s, s.kh) + 1;
    t.channel = t.in_rows * t.row;
    return t;
}

/* How many rows of y fit, so that their x is at most STRIP_BYTES; at least 1. */
static inline int rows_that_fit(Conv s) {
    int fit = (int)(STRIP_BYTES / sizeof(float)) / (strip_with(s, 1).row * s.cin);
    return max_int(1, (fit - reach(s, s.kh) - 1) / s.stride + 1);
}

static inline int blocks_of(Conv s) { return (s.cout + BLOCK - 1) / BLOCK; }
static inline size_t packed_strip(Conv s, Strip t) {
    return aligned_floats((size_t)s.cin * (size_t)t.channel);
}

static inline void tap_offsets(Conv s, Strip t, int *offset) {
    for (int c = 0; c < s.cin; c++)
        for (int u = 0; u < s.kh; u++)
            for (int v = 0; v < s.kw; v++) {
                int column = v * s.dilation;
                *offset++ = c * t.channel + u * s.dilation * t.row + column % s.stride * t.phase +
                            column / s.stride;
            }
}

/* Packs positions at .. at+count-1 of a row, `stride` apart, all inside it: to[i] = from[i*stride +
 * at], normalised. */
static inline void pack_inside(const float *from, int at, int stride, int count, Norm norm,
                               float *to) {
    if (stride == 1)
        for (int k = 0; k < count; k++) to[k] = normalised(from[k + at], norm);
    else
        for (int k = 0; k < count; k++) to[k] = normalised(from[k * stride + at], norm);
}

ALWAYS_INLINE void repeat_pixels(const float *from, int pixels, int up, Norm norm, float *to) {
    for (int j = 0; j < pixels; j++)
        for (int k = 0; k < up; k++) to[j * up + k] = normalised(from[j], norm);
}

/* Packs one position, inside or outside the row. Zero padding is zero after the norm. */
static inline float pack_one(const float *from, Conv s, Norm norm, int i) {
    int at = padded_index(i, s.w, s.reflect);
    return at < 0 ? 0 : normalised(from[at / s.up], norm);
}

/* Packs one row of one phase: to[i] = from[i*stride + phase - pad], normalised. */
static inline void pack_phase(const float *from, Conv s, Norm norm, int phase, int count,
                              float *to) {
    int shift = phase - s.pad_x, i = 0;
    for (; i < count && i * s.stride + shift < 0; i++)
        to[i] = pack_one(from, s, norm, i * s.stride + shift);
    /* first i that reads outside the row */
    int inside = shift < s.w ? (s.w - 1 - shift) / s.stride + 1 : 0;
    int run = max_int(i, min_int(count, inside)), at = i * s.stride + shift;
    if (s.up == 1 && s.stride == 1 && !s.normalised)
        memcpy(to + i, from + at, (size_t)(run - i) * sizeof *to);
    else if (s.up == 1) pack_inside(from, at, s.stride, run - i, norm, to + i);
    /* with stride 1 the whole row is packed */
    else if (s.stride == 1 && s.up == 2) repeat_pixels(from, s.w / 2, 2, norm, to + i);
    else if (s.stride == 1) repeat_pixels(from, s.w / s.up, s.up, norm, to + i);
    else
        for (int k = i; k < run; k++) to[k] = pack_one(from, s, norm, k * s.stride + shift);
    for (i = run; i < count; i++) to[i] = pack_one(from, s, norm, i * s.stride + shift);
}

/* x: a tensor of planes; s.cin of them are packed, from `plane` on. */
static inline void pack_strip(const P2cCall *call, const float *x, size_t plane, Conv s, Strip t,
                              int top, float *packed) {
    x += plane * (size_t)(s.h / s.up) * (size_t)(s.w / s.up);
    for (int c = 0; c < s.cin; c++) {
        Norm norm = norm_at(call, s, plane + (size_t)c);
        for (int r = 0; r < t.in_rows; r++) {
            int at = padded_index(top * s.stride + r - s.pad_y, s.h, s.reflect);
            float *to = packed + (size_t)c * (size_t)t.channel + (size_t)r * (size_t)t.row;
            if (at < 0) memset(to, 0, (size_t)t.row * sizeof *to);
            else
                for (int p = 0; p < s.stride; p++)
                    pack_phase(input_row(x, s, c, at), s, norm, p, t.phase, to + p * t.phase);
        }
    }
}

#endif

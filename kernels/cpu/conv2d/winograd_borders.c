/* winograd_borders.c: what a reflected border of one pixel adds to the input gradient of a 3x3
 * convolution.
 *
 * Rows -1 and h and columns -1 and w of the padded input were read from rows 1 and h-2, columns 1
 * and w-2 of x, so that their gradients go there. Only one row or column of dy reaches each, by one
 * row or column of the weights. For the border above, with q = j + 1 from 0 on:
 *      gradient of (-1, j) = sum over o, v of  w[o][c][0][v] * dy[o][0][j + 1 - v]
 *                          = sum over o, t of  w[o][c][0][2 - t] * line[o][q + t]
 * for a line that holds two zeros, the row of dy, and zeros. The others likewise: */
#include "strip.h"

enum { ABOVE, BELOW, LEFT, RIGHT, BORDERS };
/* First weight of a border's row or column of the nine, and how far apart they are. */
static const int first_tap[] = { 0, 6, 0, 2 }, tap_step[] = { 1, 1, 3, 3 };

static int length_of(Conv s, int border) { return border < LEFT ? s.w : s.h; }
static size_t line_length(Conv s) {
    return aligned_floats((size_t)(max_int(s.w, s.h) + 4 + LANES));
}
/* Lines of picture n: [border][o][line_length] */
static size_t picture_floats(Conv s) { return BORDERS * (size_t)s.cout * line_length(s); }

size_t P2C_CPU(conv2d_winograd_border_work)(Conv s) {
    return s.reflect ? sizeof(float) * (size_t)s.n * picture_floats(s) : 0;
}

static void fill_line(const float *dy, Conv s, int border, float *line) {
    size_t w = (size_t)s.w, last = border == BELOW   ? (size_t)(s.h - 1) * w
                                   : border == RIGHT ? w - 1
                                                     : 0;
    memset(line, 0, line_length(s) * sizeof *line);
    for (int i = 0; i < length_of(s, border); i++)
        line[2 + i] = dy[last + (size_t)i * (border < LEFT ? 1 : w)];
}

static void fill_lines(const P2cCall *call, Conv s, float *lines) {
    size_t area = (size_t)s.h * (size_t)s.w;
    for (int n = 0; n < s.n; n++)
        for (int b = 0; b < BORDERS; b++)
            for (int o = 0; o < s.cout; o++)
                fill_line(call->dy + ((size_t)n * (size_t)s.cout + (size_t)o) * area, s, b,
                          lines + (size_t)n * picture_floats(s) +
                              (size_t)(b * s.cout + o) * line_length(s));
}

/* Sums of LANES positions from q on for a block of channels from c on; beyond the last channel the
 * last one is repeated. */
static void sum_border(const float *w, Conv s, int border, int c, const float *line,
                       Vec sums[BLOCK]) {
    size_t at[BLOCK];
    for (int i = 0; i < BLOCK; i++) {
        at[i] = (size_t)(9 * min_int(c + i, s.cin - 1) + first_tap[border]);
        sums[i] = (Vec){ 0 };
    }
    for (int o = 0; o < s.cout; o++, w += 9 * s.cin, line += line_length(s))
        for (int t = 0; t < 3; t++) {
            Vec in = *(const Vec *)(line + t);
            for (int i = 0; i < BLOCK; i++) sums[i] += w[at[i] + (2 - t) * tap_step[border]] * in;
        }
}

/* Position q-1 along a border, to where it was read in a channel's dx. Corners belong to the
 * borders above and below. */
static void add_one(float sum, Conv s, int border, int q, float *dx) {
    int i = border == ABOVE ? 1 : border == BELOW ? s.h - 2 : q - 1;
    int j = border == LEFT ? 1 : border == RIGHT ? s.w - 2 : padded_index(q - 1, s.w, true);
    if (border < LEFT || (i >= 0 && i < s.h)) dx[(size_t)i * (size_t)s.w + (size_t)j] += sum;
}

/* All borders of picture n, channels c .. c+BLOCK-1. */
static void add_borders(const P2cCall *call, Conv s, const float *lines, int n, int c) {
    size_t area = (size_t)s.h * (size_t)s.w;
    float *dx = call->dx[0] + ((size_t)n * (size_t)s.cin + (size_t)c) * area;
    for (int b = 0; b < BORDERS; b++)
        for (int q = 0; q < length_of(s, b) + 2; q += LANES) {
            Vec sums[BLOCK];
            sum_border(call->x[1], s, b, c,
                       lines + (size_t)n * picture_floats(s) +
                           (size_t)(b * s.cout) * line_length(s) + q,
                       sums);
            for (int i = 0; i < min_int(BLOCK, s.cin - c); i++)
                for (int l = 0; l < LANES && q + l < length_of(s, b) + 2; l++)
                    add_one(sums[i][l], s, b, q + l, dx + (size_t)i * area);
        }
}

void P2C_CPU(conv2d_winograd_borders)(const P2cCall *call, Conv s) {
    float *lines = call->work;
    int blocks = (s.cin + BLOCK - 1) / BLOCK;
    size_t elements = (size_t)s.n * (size_t)(s.cin + s.cout) * (size_t)(s.h + s.w);
    fill_lines(call, s, lines);
#pragma omp parallel for num_threads(threads_for(call, elements)) schedule(static)
    for (int i = 0; i < s.n * blocks; i++)
        add_borders(call, s, lines, i / blocks, i % blocks * BLOCK);
}

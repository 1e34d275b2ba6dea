/* conv2d_direct: convolution as it is written down, vectorised along the row.
 *
 * The map is cut into strips of rows. A strip's input is packed into scratch that stays in cache: rows with their padding
 * resolved (zero or reflected), and split by column modulo stride, so that every tap of every stride reads a run of
 * neighbours:
 *      packed[c][row][phase][i] = x[c][row + top - pad][i*stride + phase - pad]
 * Then, for BLOCK output channels and two vectors of pixels at a time, all taps are added up in registers:
 *      acc[o][v] += w[tap][o] * packed[tap][pixels of v]
 * Weights are packed as [block of outputs][tap][output]. Every output is a sum in one fixed order, whatever the strips. */
#include <omp.h>
#include <string.h>

#include "conv2d.h"

/* As many sums as registers hold: 8 x 2 of 32, or 4 x 2 of 16. */
enum { BLOCK = LANES == 16 ? 8 : 4, STRIP_BYTES = 192 << 10 };

/* How a strip is laid out, in floats. */
typedef struct Strip {
    int rows, in_rows;         /* of y, and of x they need */
    int phase, row, channel;   /* distances: between phases, rows, channels */
    int taps, vectors;         /* vectors: per row of y */
} Strip;

static Strip strip_of(Conv s) {
    Strip t = { .taps = s.cin * s.kh * s.kw, .vectors = (s.ow + LANES - 1) / LANES };
    t.phase = t.vectors * LANES + (s.kw - 1) / s.stride;
    t.row = t.phase * s.stride;
    int fit = (int)(STRIP_BYTES / sizeof(float)) / (t.row * s.cin); /* rows of x */
    t.rows = max_int(1, min_int((fit - s.kh) / s.stride + 1, (s.oh + 3) / 4));
    t.in_rows = (t.rows - 1) * s.stride + s.kh;
    t.channel = t.in_rows * t.row;
    return t;
}

static size_t aligned_floats(size_t n) { return (n + 15) / 16 * 16; }
static int blocks_of(Conv s) { return (s.cout + BLOCK - 1) / BLOCK; }
static size_t packed_weights(Conv s) { return aligned_floats((size_t)s.groups * (size_t)blocks_of(s) * BLOCK * (size_t)(s.cin * s.kh * s.kw)); }
static size_t packed_strip(Conv s, Strip t) { return aligned_floats((size_t)s.cin * (size_t)t.channel); }

size_t P2C_CPU(conv2d_direct_work)(Conv s, int threads) {
    Strip t = strip_of(s);
    return sizeof(float) * (packed_weights(s) + aligned_floats((size_t)t.taps) + (size_t)threads * packed_strip(s, t));
}

/* ---- packing --------------------------------------------------------------------------------------------- */

/* w (groups*cout, cin, kh, kw) -> [group][block][tap][BLOCK]; outputs beyond cout are zero. */
static void pack_weights(const float *w, Conv s, int taps, float *packed) {
    int blocks = blocks_of(s);
    for (int g = 0; g < s.groups; g++)
        for (int b = 0; b < blocks; b++)
            for (int o = 0; o < BLOCK; o++) {
                float *to = packed + ((size_t)g * (size_t)blocks + (size_t)b) * (size_t)taps * BLOCK + o;
                bool there = b * BLOCK + o < s.cout;
                const float *from = there ? w + ((size_t)g * (size_t)s.cout + (size_t)(b * BLOCK + o)) * (size_t)taps : w;
                for (int t = 0; t < taps; t++) to[(size_t)t * BLOCK] = there ? from[t] : 0;
            }
}

static void tap_offsets(Conv s, Strip t, int *offset) {
    for (int c = 0; c < s.cin; c++)
        for (int u = 0; u < s.kh; u++)
            for (int v = 0; v < s.kw; v++) *offset++ = c * t.channel + u * t.row + v % s.stride * t.phase + v / s.stride;
}

/* One row of one phase: to[i] = from[i*stride + phase - pad]. */
static void pack_phase(const float *from, Conv s, int phase, int count, float *to) {
    int shift = phase - s.pad, i = 0;
    for (; i < count && i * s.stride + shift < 0; i++) {
        int at = padded_index(i * s.stride + shift, s.w, s.reflect);
        to[i] = at < 0 ? 0 : from[at];
    }
    int inside = shift < s.w ? (s.w - 1 - shift) / s.stride + 1 : 0; /* first i that reads beyond the row */
    int run = max_int(i, min_int(count, inside));
    if (s.stride == 1) memcpy(to + i, from + i + shift, (size_t)(run - i) * sizeof *to);
    else
        for (int k = i; k < run; k++) to[k] = from[k * s.stride + shift];
    for (i = run; i < count; i++) {
        int at = padded_index(i * s.stride + shift, s.w, s.reflect);
        to[i] = at < 0 ? 0 : from[at];
    }
}

/* x: the group's first channel. */
static void pack_strip(const float *x, Conv s, Strip t, int top, float *packed) {
    for (int c = 0; c < s.cin; c++)
        for (int r = 0; r < t.in_rows; r++) {
            int at = padded_index(top * s.stride + r - s.pad, s.h, s.reflect);
            float *to = packed + (size_t)c * (size_t)t.channel + (size_t)r * (size_t)t.row;
            if (at < 0) memset(to, 0, (size_t)t.row * sizeof *to);
            else
                for (int p = 0; p < s.stride; p++) pack_phase(x + ((size_t)c * (size_t)s.h + (size_t)at) * (size_t)s.w, s, p, t.phase, to + p * t.phase);
        }
}

/* ---- arithmetic ------------------------------------------------------------------------------------------- */

/* Two vectors of pixels: where they read, where they write, how many of their lanes are pixels (0: none, a filler). */
typedef struct Pair {
    const float *in[2];
    float *out[2];
    int lanes[2];
} Pair;

static void store(Vec value, float *to, int lanes) {
    if (lanes == LANES) *(Vec *)to = value;
    else
        for (int i = 0; i < lanes; i++) to[i] = value[i];
}

/* `outputs` of BLOCK channels are kept, `plane` floats apart. */
static inline __attribute__((always_inline)) void block(const float *w, const int *offset, int taps, const float *bias, const Pair *p, int outputs, size_t plane, int width) {
    Vec acc[BLOCK][2];
    for (int o = 0; o < width; o++) acc[o][0] = acc[o][1] = (Vec){ 0 } + (bias && o < outputs ? bias[o] : 0);
    for (int t = 0; t < taps; t++, w += BLOCK) {
        Vec x0 = *(const Vec *)(p->in[0] + offset[t]), x1 = *(const Vec *)(p->in[1] + offset[t]);
        for (int o = 0; o < width; o++) {
            acc[o][0] += w[o] * x0;
            acc[o][1] += w[o] * x1;
        }
    }
    for (int o = 0; o < min_int(width, outputs); o++)
        for (int v = 0; v < 2; v++) store(acc[o][v], p->out[v] + (size_t)o * plane, p->lanes[v]);
}

/* Fewer sums where fewer outputs are left: depthwise layers have one, pictures three. */
static void run_block(const float *w, const int *offset, int taps, const float *bias, const Pair *p, int outputs, size_t plane) {
    if (outputs == 1) block(w, offset, taps, bias, p, outputs, plane, 1);
    else if (outputs <= 4) block(w, offset, taps, bias, p, outputs, plane, 4);
    else block(w, offset, taps, bias, p, outputs, plane, BLOCK);
}

/* Vector i of a strip, counted along its rows. */
static void set_vector(Pair *p, int v, Conv s, Strip t, int i, int count, const float *packed, float *y) {
    bool there = i < count;
    int row = there ? i / t.vectors : 0, x = there ? i % t.vectors * LANES : 0;
    p->in[v] = packed + (size_t)row * (size_t)(s.stride * t.row) + x;
    p->out[v] = y + (size_t)row * (size_t)s.ow + x;
    p->lanes[v] = there ? min_int(LANES, s.ow - x) : 0;
}

/* y, bias: the group's first channel; y at the strip's first row. */
static void compute_strip(Conv s, Strip t, int rows, const float *w, const int *offset, const float *bias, const float *packed, float *y) {
    size_t plane = (size_t)s.oh * (size_t)s.ow;
    for (int b = 0; b < blocks_of(s); b++, w += (size_t)t.taps * BLOCK) {
        int first = b * BLOCK, count = rows * t.vectors;
        for (int i = 0; i < count; i += 2) {
            Pair p;
            for (int v = 0; v < 2; v++) set_vector(&p, v, s, t, i + v, count, packed, y + (size_t)first * plane);
            run_block(w, offset, t.taps, bias ? bias + first : NULL, &p, min_int(BLOCK, s.cout - first), plane);
        }
    }
}

void P2C_CPU(conv2d_direct)(const P2cCall *call, Conv s) {
    Strip t = strip_of(s);
    float *weights = call->work, *scratch = weights + packed_weights(s) + aligned_floats((size_t)t.taps);
    int *offset = (int *)(weights + packed_weights(s)), strips = (s.oh + t.rows - 1) / t.rows, pieces = s.n * s.groups * strips;
    const float *bias = call->node->count == 3 ? call->x[2] : NULL;
    size_t in_plane = (size_t)s.h * (size_t)s.w, out_plane = (size_t)s.oh * (size_t)s.ow;
    pack_weights(call->x[1], s, t.taps, weights);
    tap_offsets(s, t, offset);
#pragma omp parallel for num_threads(threads_for(call, out_plane * (size_t)(s.n * s.groups * s.cout))) schedule(dynamic)
    for (int piece = 0; piece < pieces; piece++) {
        int strip = piece % strips, ng = piece / strips, g = ng % s.groups, top = strip * t.rows;
        float *packed = scratch + (size_t)omp_get_thread_num() * packed_strip(s, t);
        pack_strip(call->x[0] + (size_t)ng * (size_t)s.cin * in_plane, s, t, top, packed);
        compute_strip(s, t, min_int(t.rows, s.oh - top), weights + (size_t)g * (size_t)(blocks_of(s) * t.taps) * BLOCK, offset,
                      bias ? bias + g * s.cout : NULL, packed, call->y + ((size_t)ng * (size_t)s.cout * out_plane + (size_t)top * (size_t)s.ow));
    }
}

/* direct.c: convolution by its definition, vectorised along the row, and its input gradient,
 * which is a convolution of dy with the weights rotated by 180 degrees.
 *
 * Input is packed by strips of rows (strip.h). For BLOCK output channels and two vectors of pixels
 * at a time, all taps are added up in registers:
 *      acc[o][v] += w[tap][o] * packed[tap][pixels of v]
 *
 * Weights are packed as [block of outputs][tap][output]. Every output is a sum in one fixed order,
 * however the map is cut into strips. */

#include "strip.h"

enum { MANY_GROUPS = 16 };

static size_t packed_weights(Conv s) {
    return aligned_floats((size_t)s.groups * (size_t)blocks_of(s) * BLOCK *
                          (size_t)(s.cin * s.kh * s.kw));
}

/* Layout of the scratch: weights, offsets, then `each` floats for each thread. */
static size_t work_bytes(Conv s, size_t each, int threads) {
    return sizeof(float) * (packed_weights(s) + aligned_floats((size_t)(s.cin * s.kh * s.kw)) +
                            (size_t)threads * each);
}
static float *thread_scratch(const P2cCall *call, Conv s, size_t each) {
    return (float *)call->work + packed_weights(s) + aligned_floats((size_t)(s.cin * s.kh * s.kw)) +
           (size_t)p2c_team_slot() * each;
}

/* ---- weights --------------------------------------------------------------------------------- */

/* w (groups*cout, cin, kh, kw) -> [group][block][tap][BLOCK]; outputs beyond cout are zero. */
static void pack_weights(const float *w, Conv s, float *packed) {
    int blocks = blocks_of(s), taps = s.cin * s.kh * s.kw;
    for (int g = 0; g < s.groups; g++)
        for (int b = 0; b < blocks; b++)
            for (int o = 0; o < BLOCK; o++) {
                float *to =
                    packed + ((size_t)g * (size_t)blocks + (size_t)b) * (size_t)taps * BLOCK + o;
                bool there = b * BLOCK + o < s.cout;
                const float *from =
                    there
                        ? w + ((size_t)g * (size_t)s.cout + (size_t)(b * BLOCK + o)) * (size_t)taps
                        : w;
                for (int t = 0; t < taps; t++) to[(size_t)t * BLOCK] = there ? from[t] : 0;
            }
}

/* The same for the convolution whose transpose is `s`: its weights are (groups*s.cin, s.cout, kh,
 * kw), read backwards. */
static void pack_weights_turned(const float *w, Conv s, float *packed) {
    int blocks = blocks_of(s), kernel = s.kh * s.kw;
    for (int g = 0; g < s.groups; g++)
        for (int b = 0; b < blocks; b++)
            for (int c = 0; c < s.cin; c++)
                for (int k = 0; k < kernel; k++)
                    for (int o = 0; o < BLOCK; o++, packed++) {
                        size_t channel = ((size_t)g * (size_t)s.cin + (size_t)c) * (size_t)s.cout +
                                         (size_t)(b * BLOCK + o);
                        *packed = b * BLOCK + o < s.cout
                                      ? w[channel * (size_t)kernel + (size_t)(kernel - 1 - k)]
                                      : 0;
                    }
}

/* ---- arithmetic ------------------------------------------------------------------------------ */

/* Where the results of a block go: distances between rows and between channels. */
typedef struct Target {
    float *y;
    size_t row, plane;
} Target;

/* Two vectors of pixels: where they read, where they write, and how many of their lanes are pixels
 * (0: none, only filler). */
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

/* Stores `outputs` of BLOCK channels, `plane` floats apart. */
ALWAYS_INLINE void block(const float *w, const int *offset, int taps, const float *bias,
                         const Pair *p, int outputs, size_t plane, float slope, int width) {
    Vec acc[BLOCK][2];
    for (int o = 0; o < width; o++)
        acc[o][0] = acc[o][1] = (Vec){ 0 } + (bias && o < outputs ? bias[o] : 0);
    for (int t = 0; t < taps; t++, w += BLOCK) {
        Vec x0 = *(const Vec *)(p->in[0] + offset[t]), x1 = *(const Vec *)(p->in[1] + offset[t]);
        for (int o = 0; o < width; o++) {
            acc[o][0] += w[o] * x0;
            acc[o][1] += w[o] * x1;
        }
    }
    for (int o = 0; o < width && slope != 1; o++)
        for (int v = 0; v < 2; v++) acc[o][v] = activated_vector(acc[o][v], slope);
    for (int o = 0; o < min_int(width, outputs); o++)
        for (int v = 0; v < 2; v++) store(acc[o][v], p->out[v] + (size_t)o * plane, p->lanes[v]);
}

/* Computes fewer sums if fewer outputs are left: depthwise layers have one, pictures three. */
static void run_block(const float *w, const int *offset, int taps, const float *bias, const Pair *p,
                      int outputs, size_t plane, float slope) {
    if (outputs == 1) block(w, offset, taps, bias, p, outputs, plane, slope, 1);
    else if (outputs <= 4) block(w, offset, taps, bias, p, outputs, plane, slope, 4);
    else block(w, offset, taps, bias, p, outputs, plane, slope, BLOCK);
}

/* Sets vector i of a strip, counted along its rows. */
static void set_vector(Pair *p, int v, Conv s, Strip t, int i, int count, const float *packed,
                       Target to) {
    bool there = i < count;
    int row = there ? i / t.vectors : 0, x = there ? i % t.vectors * LANES : 0;
    p->in[v] = packed + (size_t)row * (size_t)(s.stride * t.row) + x;
    p->out[v] = to.y + (size_t)row * to.row + x;
    p->lanes[v] = there ? min_int(LANES, s.ow - x) : 0;
}

/* Computes block b of the outputs, for the first `rows` rows of a packed strip. w: the group's
 * weights. */
static void compute_block(Conv s, Strip t, int b, int rows, const float *w, const int *offset,
                          const float *bias, const float *packed, Target to) {
    int count = rows * t.vectors, first = b * BLOCK;
    w += (size_t)b * (size_t)t.taps * BLOCK;
    for (int i = 0; i < count; i += 2) {
        Pair p;
        for (int v = 0; v < 2; v++) set_vector(&p, v, s, t, i + v, count, packed, to);
        run_block(w, offset, t.taps, bias ? bias + first : NULL, &p, min_int(BLOCK, s.cout - first),
                  to.plane, s.slope);
    }
}

/* ---- forward --------------------------------------------------------------------------------- */

/* Cuts every layer into several strips, so that threads can share it; if there are enough groups, a
 * strip is a whole map. */
static Strip forward_strip(Conv s) {
    return strip_with(s, min_int(rows_that_fit(s), s.groups < MANY_GROUPS ? (s.oh + 3) / 4 : s.oh));
}

size_t P2C_CPU(conv2d_direct_work)(Conv s, int threads) {
    return work_bytes(s, packed_strip(s, forward_strip(s)), threads);
}

void P2C_CPU(conv2d_direct)(const P2cCall *call, Conv s) {
    Strip t = forward_strip(s);
    float *weights = call->work;
    int *offset = (int *)(weights + packed_weights(s)), strips = (s.oh + t.rows - 1) / t.rows,
        pieces = s.n * s.groups * strips;
    const float *bias = call->node->count == 3 ? call->x[2] : NULL;
    size_t plane = (size_t)s.oh * (size_t)s.ow;
    pack_weights(call->x[1], s, weights);
    tap_offsets(s, t, offset);
#pragma omp parallel for num_threads(threads_for(call, plane *(size_t)(s.n * s.groups * s.cout))) \
    schedule(static)
    for (int piece = 0; piece < pieces; piece++) {
        int strip = piece % strips, ng = piece / strips, g = ng % s.groups, top = strip * t.rows;
        float *packed = thread_scratch(call, s, packed_strip(s, t));
        pack_strip(call, call->x[0], (size_t)ng * (size_t)s.cin, s, t, top, packed);
        for (int b = 0; b < blocks_of(s); b++) {
            Target to = { call->y + ((size_t)ng * (size_t)s.cout + (size_t)(b * BLOCK)) * plane +
                              (size_t)top * (size_t)s.ow,
                          (size_t)s.ow, plane };
            compute_block(s, t, b, min_int(t.rows, s.oh - top),
                          weights + (size_t)g * (size_t)(blocks_of(s) * t.taps) * BLOCK, offset,
                          bias ? bias + g * s.cout : NULL, packed, to);
        }
    }
}

/* ---- input gradient ---------------------------------------------------------------------------
 * With stride 1 the gradient of the padded input is a convolution of dy, padded by zeros, with the
 * weights rotated by 180 degrees. For zero padding, the part in the padding is not computed. For
 * reflection it is: a strip of rows of dx first computes, in scratch, the padded rows that fold
 * onto it, and adds them. The first and the last strip are large enough to hold what folds at the
 * top and at the bottom. */

static int border_of(Conv s) { return s.reflect ? s.pad_y : 0; }

static Conv transposed(Conv s) {
    int border = border_of(s);
    return (Conv){ .n = s.n,
                   .groups = s.groups,
                   .cin = s.cout,
                   .cout = s.cin,
                   .h = s.oh,
                   .w = s.ow,
                   .kh = s.kh,
                   .kw = s.kw,
                   .oh = s.h + 2 * border,
                   .ow = s.w + 2 * border,
                   .stride = 1,
                   .dilation = s.dilation,
                   .up = 1,
                   .slope = 1,
                   .pad_y = reach(s, s.kh) - s.pad_y + border,
                   .pad_x = reach(s, s.kw) - s.pad_x + border };
}

/* Rows of dx in a strip. The last strip takes the rest and has less than twice as many. */
static int gradient_rows(Conv s) {
    int border = border_of(s), fit = (rows_that_fit(transposed(s)) - 2 * border + 1) / 2;
    return max_int(border + 1, min_int(fit, (s.h + 3) / 4));
}

static int strip_count(Conv s) { return max_int(1, s.h / gradient_rows(s)); }
static Strip gradient_strip(Conv s) {
    return strip_with(transposed(s), min_int(s.h, 2 * gradient_rows(s) - 1) + 2 * border_of(s));
}
static size_t block_floats(Strip t) {
    return (size_t)BLOCK * (size_t)t.rows * (size_t)(t.vectors * LANES);
}

size_t P2C_CPU(conv2d_direct_input_work)(Conv s, int threads) {
    Conv back = transposed(s);
    Strip t = gradient_strip(s);
    return work_bytes(back, packed_strip(back, t) + aligned_floats(block_floats(t)), threads);
}

/* Adds rows j, j+1, ... of one channel's padded gradient to the rows of dx from which they were
 * read. */
static void fold(const float *from, size_t row, int j, int rows, Conv s, float *dx) {
    int border = border_of(s);
    for (int r = 0; r < rows; r++, from += row) {
        float *to = dx + (size_t)padded_index(j + r - border, s.h, true) * (size_t)s.w;
        for (int x = 0; x < s.w; x++) to[x] += from[x + border];
        for (int k = 0; k < border; k++) {
            to[border - k] += from[k];
            to[s.w - 2 - k] += from[s.w + border + k];
        }
    }
}

/* dx: the group's first channel; packed: the rows of dy for padded rows j, j+1, ... */
static void gradient_rows_of(Conv s, Strip t, int j, int rows, const float *weights,
                             const int *offset, const float *packed, float *scratch, float *dx) {
    Conv back = transposed(s);
    size_t row = (size_t)(t.vectors * LANES), plane = (size_t)s.h * (size_t)s.w;
    for (int b = 0; b < blocks_of(back); b++) {
        compute_block(back, t, b, rows, weights, offset, NULL, packed,
                      (Target){ scratch, row, (size_t)t.rows * row });
        for (int c = 0; c < min_int(BLOCK, s.cin - b * BLOCK); c++)
            fold(scratch + (size_t)c * (size_t)t.rows * row, row, j, rows, s,
                 dx + (size_t)(b * BLOCK + c) * plane);
    }
}

void P2C_CPU(conv2d_direct_input_gradient)(const P2cCall *call, Conv s) {
    Conv back = transposed(s);
    Strip t = gradient_strip(s);
    float *weights = call->work;
    int *offset = (int *)(weights + packed_weights(back)), strips = strip_count(s),
        step = gradient_rows(s), border = border_of(s);
    size_t plane = (size_t)s.h * (size_t)s.w;
    pack_weights_turned(call->x[1], back, weights);
    tap_offsets(back, t, offset);
#pragma omp parallel for num_threads(threads_for(call, plane *(size_t)(s.n * s.groups * s.cin))) \
    schedule(static)
    for (int piece = 0; piece < s.n * s.groups * strips; piece++) {
        int strip = piece % strips, ng = piece / strips, g = ng % s.groups;
        int from = strip ? strip * step + border : 0,
            to = strip == strips - 1 ? s.h + 2 * border : (strip + 1) * step + border;
        float *packed =
            thread_scratch(call, back, packed_strip(back, t) + aligned_floats(block_floats(t)));
        pack_strip(call, call->dy, (size_t)ng * (size_t)s.cout, back, t, from, packed);
        gradient_rows_of(s, t, from, to - from,
                         weights + (size_t)g * (size_t)(blocks_of(back) * t.taps) * BLOCK, offset,
                         packed, packed + packed_strip(back, t),
                         call->dx[0] + (size_t)ng * (size_t)s.cin * plane);
    }
}

/* direct_weights.c: the weight gradient of a convolution, vectorised along the row.
 *      dw[o][tap] += sum over pixels of dy[o][pixel] * packed[tap][pixel]
 *
 * Input is packed by strips of rows (strip.h). For BLOCK outputs and TAPS taps at a time, vectors
 * of partial sums stay in registers during a strip, and in scratch between strips. At the end their
 * lanes are added up. A thread takes a block of input channels and goes through all pictures and
 * strips in order, so that the sums do not depend on the number of threads. */

#include "strip.h"

enum { TAPS = 3, DY_BYTES = 16 << 10 };

/* Number of input channels in a piece, such that every layer has several pieces. */
static int channels_of(Conv s) { return max_int(1, min_int(8, (s.cin + 3) / 4)); }

/* The convolution restricted to the channels of a piece. */
static Conv piece_of(Conv s) {
    s.cin = channels_of(s);
    return s;
}

/* A strip of as many rows as keep a block's dy in the first-level cache, beside its x. */
static Strip weight_strip(Conv s) {
    Conv piece = piece_of(s);
    int fit = DY_BYTES / (int)(BLOCK * sizeof(float)) / s.ow;
    return strip_with(piece, max_int(1, min_int(min_int(fit, rows_that_fit(piece)), s.oh)));
}

static int triples_of(Strip t) { return (t.taps + TAPS - 1) / TAPS; }
static size_t sum_floats(Conv s, Strip t) {
    return (size_t)blocks_of(s) * (size_t)triples_of(t) * BLOCK * TAPS * LANES;
}
static size_t thread_floats(Conv s, Strip t) {
    return packed_strip(piece_of(s), t) + aligned_floats((size_t)triples_of(t) * TAPS) +
           sum_floats(s, t);
}

size_t P2C_CPU(conv2d_direct_weight_work)(Conv s, int threads) {
    return sizeof(float) * (size_t)threads * thread_floats(s, weight_strip(s));
}

/* Loads the first `lanes` floats; the other lanes are zero. */
static inline Vec load_part(const float *from, int lanes) {
    Vec value = { 0 };
    for (int i = 0; i < lanes; i++) value[i] = from[i];
    return value;
}

/* Adds one vector of pixels. `lanes` is known to be LANES at compile time, except for the last
 * vector of a row. dy: that of each output. */
ALWAYS_INLINE void add_vector(const float *packed, const int *offset, const float *const dy[],
                              size_t at, int lanes, int width, Vec acc[BLOCK][TAPS]) {
    Vec in[TAPS];
    for (int k = 0; k < TAPS; k++) in[k] = *(const Vec *)(packed + offset[k]);
    for (int o = 0; o < width; o++) {
        Vec out = lanes == LANES ? *(const Vec *)(dy[o] + at) : load_part(dy[o] + at, lanes);
        for (int k = 0; k < TAPS; k++) acc[o][k] += out * in[k];
    }
}

/* sums[o][k] += dy[o] * packed[offset[k]] over the strip's pixels. Outputs beyond `outputs` repeat
 * the first. ragged: rows end within a vector. It must be known at compile time, because otherwise
 * the sums would leave the registers. */
ALWAYS_INLINE void tile(const float *packed, const int *offset, const float *dy, size_t plane,
                        Conv s, Strip t, int rows, int outputs, int width, bool ragged, Vec *sums) {
    Vec acc[BLOCK][TAPS];
    const float *from[BLOCK];
    int whole = s.ow / LANES * LANES;
    for (int o = 0; o < width; o++) {
        from[o] = dy + (o < outputs ? (size_t)o : 0) * plane;
        for (int k = 0; k < TAPS; k++) acc[o][k] = sums[o * TAPS + k];
    }
    for (int r = 0; r < rows; r++) {
        const float *row = packed + (size_t)r * (size_t)(s.stride * t.row);
        size_t at = (size_t)r * (size_t)s.ow;
        for (int x = 0; x < whole; x += LANES)
            add_vector(row + x, offset, from, at + (size_t)x, LANES, width, acc);
        if (ragged)
            add_vector(row + whole, offset, from, at + (size_t)whole, s.ow - whole, width, acc);
    }
    for (int o = 0; o < width; o++)
        for (int k = 0; k < TAPS; k++) sums[o * TAPS + k] = acc[o][k];
}

/* Adds all outputs and taps of a packed strip. dy: the group's first channel, at the strip's first
 * row. */
static void add_strip(const float *packed, const int *offset, const float *dy, Conv s, Strip t,
                      int rows, Vec *sums) {
    size_t plane = (size_t)s.oh * (size_t)s.ow;
    for (int b = 0; b < blocks_of(s); b++) {
        int outputs = min_int(BLOCK, s.cout - b * BLOCK);
        for (int k = 0; k < triples_of(t); k++, sums += BLOCK * TAPS) {
            const float *g = dy + (size_t)(b * BLOCK) * plane;
            if (outputs == 1)
                tile(packed, offset + k * TAPS, g, plane, s, t, rows, outputs, 1, s.ow % LANES,
                     sums);
            else if (s.ow % LANES)
                tile(packed, offset + k * TAPS, g, plane, s, t, rows, outputs, BLOCK, true, sums);
            else tile(packed, offset + k * TAPS, g, plane, s, t, rows, outputs, BLOCK, false, sums);
        }
    }
}

/* dw: first weight of the piece, of output 0; taps: number of taps of the piece's channels that
 * exist. */
static void add_lanes(const Vec *sums, Conv s, Strip t, int taps, float *dw) {
    size_t row = (size_t)(s.cin * s.kh * s.kw);
    for (int b = 0; b < blocks_of(s); b++)
        for (int k = 0; k < triples_of(t); k++, sums += BLOCK * TAPS)
            for (int o = 0; o < min_int(BLOCK, s.cout - b * BLOCK); o++)
                for (int i = 0; i < TAPS && k * TAPS + i < taps; i++) {
                    float total = 0;
                    for (int l = 0; l < LANES; l++) total += sums[o * TAPS + i][l];
                    dw[(size_t)(b * BLOCK + o) * row + (size_t)(k * TAPS + i)] += total;
                }
}

/* Sets the offsets of the taps; the last one is repeated to fill its group of three. */
static void fill_offsets(Conv piece, Strip t, int *offset) {
    tap_offsets(piece, t, offset);
    for (int i = t.taps; i < triples_of(t) * TAPS; i++) offset[i] = offset[t.taps - 1];
}

/* Goes through all pictures and strips for the input channels of group g from `first` on. */
static void weight_piece(const P2cCall *call, Conv s, Strip t, int g, int first, float *scratch) {
    Conv piece = piece_of(s);
    piece.cin = min_int(piece.cin, s.cin - first);
    int *offset = (int *)(scratch + packed_strip(piece_of(s), t));
    Vec *sums = (Vec *)(scratch + packed_strip(piece_of(s), t) +
                        aligned_floats((size_t)triples_of(t) * TAPS));
    size_t plane = (size_t)s.oh * (size_t)s.ow;
    t.taps = piece.cin * s.kh * s.kw;
    fill_offsets(piece, t, offset);
    memset(sums, 0, sum_floats(s, t) * sizeof(float));
    for (int n = 0; n < s.n; n++)
        for (int top = 0; top < s.oh; top += t.rows) {
            size_t ng = (size_t)n * (size_t)s.groups + (size_t)g;
            pack_strip(call, call->x[0], ng * (size_t)s.cin + (size_t)first, piece, t, top,
                       scratch);
            add_strip(scratch, offset,
                      call->dy + ng * (size_t)s.cout * plane + (size_t)top * (size_t)s.ow, s, t,
                      min_int(t.rows, s.oh - top), sums);
        }
    add_lanes(sums, s, t, t.taps,
              call->dx[1] + ((size_t)g * (size_t)s.cout * (size_t)s.cin + (size_t)first) *
                                (size_t)(s.kh * s.kw));
}

void P2C_CPU(conv2d_direct_weight_gradient)(const P2cCall *call, Conv s) {
    Strip t = weight_strip(s);
    int size = channels_of(s), per_group = (s.cin + size - 1) / size;
    size_t elements = (size_t)s.n * (size_t)(s.groups * s.cin) * (size_t)s.h * (size_t)s.w;
#pragma omp parallel for num_threads(threads_for(call, elements)) schedule(static)
    for (int i = 0; i < s.groups * per_group; i++)
        weight_piece(call, s, t, i / per_group, i % per_group * size,
                     (float *)call->work + (size_t)p2c_team_slot() * thread_floats(s, t));
}

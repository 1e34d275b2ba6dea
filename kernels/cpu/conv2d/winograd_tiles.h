/* winograd_tiles.h: a map cut into tiles of 4x4 results, and their patches, transformed.
 *
 * Lanes of a vector are neighbouring tiles, counted row of tiles by row of tiles, so that a vector
 * goes on in the next row where a row ends: narrow maps fill vectors, too. Some rows of tiles are
 * worked on at a time, a chunk, small enough for its values to stay in the second-level cache.
 *
 * A channel's part of a chunk is packed first: padding resolved, repeated and normalised where that
 * is fused, and split so that each of a patch's 6x6 places is a run over the tiles:
 *      packed[u % 4][v][(i + u / 4) * across + j] = x[4*i + u - pad][4*j + v - pad]
 * for tile (i,j). Rows 4 and 5 of a patch are rows 0 and 1 of the patch below. */
#ifndef P2C_CPU_CONV2D_WINOGRAD_TILES_H
#define P2C_CPU_CONV2D_WINOGRAD_TILES_H

#include "strip.h"
#include "winograd_transforms.h"

typedef struct Tiles {
    int across, down; /* of the map */
    int rows;         /* rows of tiles in a chunk, at most */
    int vectors;      /* in a chunk, at most */
} Tiles;

typedef struct Chunk {
    int n, first, rows; /* picture; rows of tiles */
    int vectors;
} Chunk;

static inline int vectors_for(int tiles) { return (tiles + LANES - 1) / LANES; }
static inline int chunks_down(Tiles t) { return (t.down + t.rows - 1) / t.rows; }

/* Vectors in all, of every chunk of a picture. */
static inline int vectors_down(Tiles t) {
    int last = t.down - (chunks_down(t) - 1) * t.rows;
    return (chunks_down(t) - 1) * vectors_for(t.rows * t.across) + vectors_for(last * t.across);
}

/* Chunks of at most `most` tiles (of one row at least) that leave the fewest lanes idle. */
static inline Tiles tiles_of(Conv s, int most) {
    Tiles best = { .across = (s.ow + TILE - 1) / TILE,
                   .down = (s.oh + TILE - 1) / TILE,
                   .rows = 1 };
    Tiles t = best;
    for (t.rows = 2; t.rows <= t.down && t.rows * t.across <= most; t.rows++)
        if (vectors_down(t) <= vectors_down(best)) best = t;
    best.vectors = vectors_for(best.rows * best.across);
    return best;
}

static inline Chunk chunk_at(Tiles t, int i) {
    Chunk c = { .n = i / chunks_down(t), .first = i % chunks_down(t) * t.rows };
    c.rows = min_int(t.rows, t.down - c.first);
    c.vectors = vectors_for(c.rows * t.across);
    return c;
}

/* ---- sizes in floats. Planes get a cache line more: at powers of two apart they would all fall
 * into the same few sets of the cache. ---- */

static inline size_t plane_of(int channels, Tiles t) {
    return (size_t)channels * (size_t)(t.vectors * LANES) + 16;
}
static inline size_t packed_run(Tiles t) {
    return aligned_floats((size_t)((t.rows + 1) * t.across + LANES)) + 16;
}
static inline size_t line_floats(Tiles t) {
    return (size_t)((vectors_for(t.across) + 1) * TILE * LANES);
}
static inline size_t packing_floats(Tiles t) {
    return aligned_floats(TILE * PATCH * packed_run(t) + line_floats(t));
}

/* ---- packing ---- */

/* A row of the padded input to its six runs. The last vector writes beyond its tiles, where the
 * next row of tiles comes. */
ALWAYS_INLINE void split_row(const float *line, Tiles t, int patch, float *to) {
    size_t run = packed_run(t);
    for (int j = 0; j < t.across; j += LANES) {
        Vec part[4];
        deinterleave_4(line + TILE * j, part);
        for (int v = 0; v < 4; v++) *(Vec *)(to + (size_t)v * run + j) = part[v];
    }
    for (int v = 0; v < patch - TILE; v++) {
        float *shifted = to + (size_t)(v + TILE) * run, *from = to + (size_t)v * run;
        from[t.across] = line[TILE * t.across + v];
        for (int j = 0; j < t.across; j += LANES)
            *(Vec *)(shifted + j) = *(const Vec *)(from + j + 1);
    }
}

/* Zeros where the last vector reaches beyond the last tile. (Of a patch of 6x6, the row of tiles
 * below comes first, of which rows 0 and 1 are read: numbers, at least.) */
static inline void clear_tails(Tiles t, Chunk k, int patch, float *packed) {
    for (int u = 0; u < TILE; u++)
        for (int v = 0; v < patch; v++) {
            size_t end = (size_t)((k.rows + (u < patch - TILE)) * t.across);
            *(Vec *)(packed + (size_t)(u * PATCH + v) * packed_run(t) + end) = (Vec){ 0 };
        }
}

/* x: the channel's plane. patch: PATCH, or TILE where tiles do not overlap. */
ALWAYS_INLINE void pack_channel(const float *x, Conv s, Norm norm, Tiles t, Chunk k, int patch,
                                float *packed) {
    float *line = packed + TILE * PATCH * packed_run(t);
    for (int r = 0; r < TILE * k.rows + patch - TILE; r++) {
        int at = padded_index(TILE * k.first + r - s.pad_y, s.h, s.reflect);
        float *to =
            packed + (size_t)(r % TILE) * PATCH * packed_run(t) + (size_t)(r / TILE * t.across);
        if (at < 0) memset(line, 0, line_floats(t) * sizeof *line);
        else pack_phase(input_row(x, s, 0, at), s, norm, 0, TILE * t.across + patch - TILE, line);
        split_row(line, t, patch, to);
    }
    clear_tails(t, k, patch, packed);
}

/* ---- B^T d B ---- */

/* Channel c of a chunk: to[point][c][tile], points `plane` floats apart. */
static inline void transform_channel(const float *packed, Tiles t, Chunk k, size_t plane,
                                     float *to) {
    for (int l = 0; l < k.vectors * LANES; l += LANES, to += LANES) {
        Vec half[PATCH][PATCH];
        for (int u = 0; u < PATCH; u++) {
            const float *row = packed + (size_t)(u % TILE) * PATCH * packed_run(t) +
                               (size_t)(u / TILE * t.across + l);
            Vec d[PATCH];
            for (int v = 0; v < PATCH; v++) d[v] = *(const Vec *)(row + (size_t)v * packed_run(t));
            transform_input(d, 1, half[u]);
        }
        for (int v = 0; v < PATCH; v++) {
            Vec whole[PATCH];
            transform_input(&half[0][v], PATCH, whole);
            for (int u = 0; u < PATCH; u++)
                *(Vec *)(to + (size_t)(u * PATCH + v) * plane) = whole[u];
        }
    }
}

/* Channels first .. end-1 of a chunk of x, a tensor of planes: V[point][channel][tile]. */
static inline void transform_chunk(const P2cCall *call, const float *x, Conv s, Tiles t, Chunk k,
                                   int first, int end, float *packed, float *V) {
    size_t plane = (size_t)(s.h / s.up) * (size_t)(s.w / s.up);
    for (int c = first; c < end; c++) {
        size_t p = (size_t)k.n * (size_t)s.cin + (size_t)c;
        pack_channel(x + p * plane, s, norm_at(call, s, p), t, k, PATCH, packed);
        transform_channel(packed, t, k, plane_of(s.cin, t),
                          V + (size_t)c * (size_t)(k.vectors * LANES));
    }
}

#endif

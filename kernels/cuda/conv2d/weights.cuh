/* weights.cuh: how the work for the weight gradient is divided into blocks, warps and tiles of
 * pixels. It is decided on the host and depends only on the shape. */
#ifndef P2C_CUDA_CONV2D_WEIGHTS_CUH
#define P2C_CUDA_CONV2D_WEIGHTS_CUH

#include "../walk.cuh"
#include "conv2d.cuh"

enum {
    /* number of blocks to aim for: two for each multiprocessor of a large GPU */
    FULL = 2 * 132,
    LAST_BLOCK_BYTES =
        128 << 10, /* most bytes of splits' sums that the last block adds up itself */
    TILE_COLUMNS = 16,
    TILE_WORDS = 128, /* most words of a tile */
    INSTRUCTION_WORDS = 8,
    /* together with static shared memory less than 48 KiB, which needs no special request */
    SHARED_BYTES = 44 << 10,
    MOST_CHANNELS = 256, /* channels of x in a block: 1x1, 8 warps of 2 * 16 taps */
};

/* Weights are [taps, along m][outputs, along n]. A warp multiplies `mt` times `nt` tiles of 16 taps
 * and 8 outputs. A block has m_warps * n_warps such warps; its other warps only load. Pixels of y
 * are divided into tiles, some of which are a block's split. */
struct Cut {
    int mt, nt, m_warps, n_warps, m_blocks, n_blocks;
    int splits, split_tiles;
    int slots; /* number of float4 sums of a block */
    /* the last block adds up the splits; otherwise a second kernel does */
    bool last_block_adds;
    /* of a tile: log2 of its words and of the words in a row; rows */
    int words_log, columns_log, rows;
    int across, down, tiles;       /* tiles in a row, in a column, in all pictures */
    int patch_columns, patch_rows; /* size of the part of x that a tile reads */
    Divisor by_columns;            /* of the patch */
    /* of a patch: most channels; words from row to row, from channel to channel */
    int channels, pitch, plane;
    int dy_pitch; /* words from output to output */
};

static __host__ __device__ inline int over(int a, int b) { return (a + b - 1) / b; }

static inline int log_of(int size) { /* rounded up */
    int log = 0;
    while (1 << log < size) log++;
    return log;
}

static inline size_t shared_bytes(const Cut &t) {
    return sizeof(uint32_t) * ((size_t)(t.n_warps * t.nt * 8) * (size_t)t.dy_pitch +
                               (size_t)t.channels * (size_t)t.plane);
}

/* If there are few tiles of weights, they are spread over the warps; if there are many, warps share
 * what they load. If there are many blocks in any case, larger ones have less to load. */
static inline void cut_weights(const Conv &s, Cut *t) {
    int kernel = s.kh * s.kw, m_tiles = over(s.cin * kernel, 16), n_tiles = over(s.cout, 8);
    bool few = n_tiles == 1 || m_tiles * n_tiles <= THREADS / WARP;
    t->mt = few ? 1 : 2;
    t->nt = few ? 1 : n_tiles == 2 ? 2 : 4;
    t->n_warps = few ? n_tiles : 1;
    t->n_blocks = over(n_tiles, t->n_warps * t->nt);
    int rows = over(m_tiles, t->mt), warps = THREADS / WARP / t->n_warps;
    bool many = over(rows, warps) * t->n_blocks >= 2 * FULL;
    t->m_blocks = over(rows, few || many ? warps : rows > 5 && rows % 4 == 0 ? 4 : 5);
    t->m_warps = over(rows, t->m_blocks);
    t->channels = min(s.cin, (t->m_warps * t->mt * 16 + kernel - 2) / kernel + 1);
}

/* Pitches: the lanes of a warp read four pixels of eight outputs, or of eight taps in a row, which
 * should be in different banks. */
static inline void cut_tile(const Conv &s, int halves, Cut *t) {
    int columns = 1 << t->columns_log;
    t->words_log = log_of(t->rows * columns);
    t->across = over(s.ow, columns);
    t->down = over(s.oh, t->rows * halves);
    t->tiles = s.n * t->across * t->down;
    t->patch_columns = (columns - 1) * s.stride + (s.kw - 1) * s.dilation + 1;
    t->patch_rows = (t->rows - 1) * s.stride + (s.kh - 1) * s.dilation + 1;
    t->by_columns = divisor_of(t->patch_columns);
    t->pitch = t->patch_columns + (s.stride == 1 ? 1 : 8);
    t->plane = over(t->patch_rows * t->pitch - 28, 32) * 32 + 28;
    t->dy_pitch = t->rows * columns + 4;
}

/* The largest useful tile that fits. halves: pixels in a word. */
static inline Cut cut_of(const Conv &s, int halves) {
    Cut t = {};
    cut_weights(s, &t);
    t.columns_log = log_of(min(s.ow, TILE_COLUMNS));
    t.rows = max(1 << log_of(over(s.oh, halves)), INSTRUCTION_WORDS >> t.columns_log);
    t.rows = min(t.rows, TILE_WORDS >> t.columns_log);
    cut_tile(s, halves, &t);
    while (shared_bytes(t) > SHARED_BYTES && 1 << t.words_log > INSTRUCTION_WORDS) {
        if (t.rows > 1) t.rows /= 2;
        else t.columns_log--;
        cut_tile(s, halves, &t);
    }
    int splits = max(1, min(FULL / (t.m_blocks * t.n_blocks), t.tiles));
    t.split_tiles = over(t.tiles, splits);
    t.splits = over(t.tiles, t.split_tiles);
    t.slots = t.m_warps * t.n_warps * t.mt * t.nt * WARP;
    t.last_block_adds = t.splits * t.slots * sizeof(float4) <= LAST_BLOCK_BYTES;
    return t;
}

/* Size of the splits' sums, if there are several splits. */
static inline size_t partial_bytes(const Cut &t) {
    return t.splits > 1
               ? (size_t)(t.m_blocks * t.n_blocks * t.splits) * (size_t)t.slots * sizeof(float4)
               : 0;
}

/* False for groups, and for patches that are too large. */
static inline bool can_cut(const Conv &s) {
    bool sane = s.groups == 1 && s.stride <= 64 && s.dilation <= 64 && s.kh <= 64 && s.kw <= 64;
    return sane && shared_bytes(cut_of(s, 1)) <= SHARED_BYTES &&
           shared_bytes(cut_of(s, 2)) <= SHARED_BYTES;
}

#endif

/* statistics.cuh: the mean and biased variance of each plane of a result, computed by the kernel
 * that writes it, for the norm that reads it next.
 *
 * A plane is cut into pieces. The block that computes a piece stores its (mean, sum of squared
 * deviations), and the last block of the plane merges them in order of pieces. Merging: Chan,
 * Golub, LeVeque 1979. */
#ifndef P2C_CUDA_STATISTICS_CUH
#define P2C_CUDA_STATISTICS_CUH

#include "cuda.cuh"

/* Passed to the kernel by value. out is NULL if no statistics are wanted. */
struct Statistics {
    float *out;      /* (mean, variance) of each plane */
    float2 *partial; /* [plane][piece] */
    int *counters;   /* one per plane */
    int pieces;      /* for each plane */
};

/* work: planes * pieces float2, as counted by statistics_bytes. At most MOST_COUNTERS planes. */
static inline size_t statistics_bytes(int planes, int pieces) {
    return (size_t)planes * (size_t)pieces * sizeof(float2);
}

static inline Statistics statistics_of(const P2cCall *call, void *work, int pieces) {
    Statistics m = { call->statistics, (float2 *)work, call->queue->counters, pieces };
    return m;
}

/* number, mean and sum of squared deviations of some values */
struct Deviations {
    double n, mean, squares;
};

static __device__ inline Deviations merged(Deviations a, Deviations b) {
    Deviations c = { a.n + b.n, a.mean, a.squares };
    if (b.n == 0) return c;
    double off = b.mean - a.mean;
    c.mean += off * (b.n / c.n);
    c.squares += b.squares + off * off * (a.n * b.n / c.n);
    return c;
}

static __device__ inline Deviations merged_over_warp(Deviations d) {
    for (int step = 1; step < WARP; step *= 2) {
        Deviations other = { __shfl_xor_sync(0xFFFFFFFFu, d.n, step),
                             __shfl_xor_sync(0xFFFFFFFFu, d.mean, step),
                             __shfl_xor_sync(0xFFFFFFFFu, d.squares, step) };
        /* the same order in both lanes */
        d = threadIdx.x & step ? merged(other, d) : merged(d, other);
    }
    return d;
}

/* Called by the first warp of the last block: piece i of the plane has size(i) elements. */
template <class Size>
static __device__ inline void merge_pieces(Statistics m, int plane, Size size) {
    if (threadIdx.x >= WARP) return;
    Deviations d = { 0, 0, 0 };
    for (int i = threadIdx.x; i < m.pieces; i += WARP) {
        float2 p = m.partial[(size_t)plane * m.pieces + i];
        Deviations piece = { (double)size(i), p.x, p.y };
        d = merged(d, piece);
    }
    d = merged_over_warp(d);
    if (threadIdx.x == 0) {
        m.out[2 * plane] = (float)d.mean;
        m.out[2 * plane + 1] = (float)(d.squares / d.n);
    }
}

/* Pieces of consecutive elements of a plane, STATISTICS_COUNT for each thread of a block; thread t
 * takes t, t + THREADS, ... */
enum { STATISTICS_COUNT = 8, STATISTICS_PIECE = STATISTICS_COUNT * THREADS };

struct PieceSize {
    int hw;
    __device__ int operator()(int i) const {
        return min(STATISTICS_PIECE, hw - i * STATISTICS_PIECE);
    }
};

static inline int statistics_pieces(int hw) {
    return (hw + STATISTICS_PIECE - 1) / STATISTICS_PIECE;
}

/* Called by all threads of block (piece, plane): v holds the thread's elements of the piece, `n` of
 * them. */
static __device__ inline void piece_statistics(Statistics m, int plane, int piece, int hw,
                                               const float v[STATISTICS_COUNT], int n) {
    PieceSize size = { hw };
    float sum = 0, squares = 0;
    for (int i = 0; i < STATISTICS_COUNT; i++) sum += i < n ? v[i] : 0;
    float mean = block_sum(sum) / (float)size(piece);
    for (int i = 0; i < STATISTICS_COUNT; i++) squares += i < n ? (v[i] - mean) * (v[i] - mean) : 0;
    squares = block_sum(squares);
    if (threadIdx.x == 0) m.partial[(size_t)plane * m.pieces + piece] = make_float2(mean, squares);
    if (is_last_block(m.counters + plane, m.pieces)) merge_pieces(m, plane, size);
}

#endif

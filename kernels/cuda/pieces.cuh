/* pieces.cuh: the sum of many elements to a scalar. Each block sums a piece of them, and the last
 * one to finish adds up the sums of all pieces, in an order that depends only on their number. */
#ifndef P2C_CUDA_PIECES_CUH
#define P2C_CUDA_PIECES_CUH

#include "cuda.cuh"

/* A piece has LEAST_PIECE elements, 8 per thread, or more if there would be more than
 * MOST_PIECES. */
static const unsigned LEAST_PIECE = 8 * THREADS, MOST_PIECES = 4096;

/* Passed by value to the kernel, whose grid is `count` blocks. */
struct Pieces {
    float *sums;
    int *counter;
    unsigned n, length; /* number of elements in total, and in a piece */
    int count;
};

static inline unsigned piece_length(size_t n) {
    size_t length = (n + MOST_PIECES - 1) / MOST_PIECES;
    return length > LEAST_PIECE ? (unsigned)length : LEAST_PIECE;
}

static inline size_t pieces_bytes(size_t n) {
    return blocks_for(n, piece_length(n)) * sizeof(float);
}

static inline Pieces pieces_of(const P2cCall *call, size_t n) {
    unsigned length = piece_length(n);
    Pieces p = { (float *)call->work, call->queue->counters, (unsigned)n, length,
                 (int)blocks_for(n, length) };
    return p;
}

/* A thread's elements of its block's piece are first_of, first_of + THREADS, ... below end_of. */
static __device__ inline unsigned first_of(Pieces p) { return blockIdx.x * p.length + threadIdx.x; }
static __device__ inline unsigned end_of(Pieces p) { return min(p.n, (blockIdx.x + 1) * p.length); }

/* Adds up all threads' sums. All threads of all blocks must call it. Returns true in one block,
 * whose threads all get the total. */
static __device__ inline bool total_of(Pieces p, float sum, double *total) {
    double all = 0;
    sum = block_sum(sum);
    if (threadIdx.x == 0) p.sums[blockIdx.x] = sum;
    if (!is_last_block(p.counter, p.count)) return false;
    for (int i = (int)threadIdx.x; i < p.count; i += THREADS) all += p.sums[i];
    *total = block_sum(all);
    return true;
}

#endif

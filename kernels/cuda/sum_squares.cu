/* sum_squares: y = sum of x^2, + before;  dx += 2 x dy, dbefore += dy
 *
 * Norms of a network's gradients are hundreds of these in a row, most of them of a few hundred elements: up to MOST of them share one launch, a
 * piece of one of them per block. The last block to finish adds up the pieces of each, a warp per call, and the totals along the chains, in order.
 *
 * A call's pieces are in its own scratch. That is valid for all of the calls at once as long as it is small enough for the plan to give it memory
 * of its own (plan.c, SMALL): calls that run one by one would share larger scratch, or put it where an earlier call's operand was. */
#include "pieces.cuh"

enum { MOST = 100 };
static const unsigned LEAST_LENGTH = 32 * THREADS, MOST_SUMS = 256; /* of a call: 1 KiB */

/* One call. */
struct Squares {
    const float *x;
    float *sums, *y;
    const float *before; /* NULL: none */
    unsigned n;
    int first; /* of its blocks */
};

/* Of one launch; by value to the kernel, where 4 KiB are the most. */
struct Batch {
    Squares of[MOST];
    int count, blocks;
};
static_assert((int)MOST <= (int)THREADS, "a thread a call");
static_assert(sizeof(Batch) + sizeof(int *) <= 4096, "kernel parameters");

static __host__ __device__ inline unsigned length_of(unsigned n) {
    unsigned length = (n + MOST_SUMS - 1) / MOST_SUMS;
    return ((length > LEAST_LENGTH ? length : LEAST_LENGTH) + THREADS - 1) / THREADS * THREADS;
}

static __host__ __device__ inline int pieces_in(unsigned n) { return (int)((n + length_of(n) - 1) / length_of(n)); }

/* Whose block this is. */
static __device__ inline int call_of(const Batch &b, int block) {
    int low = 0, high = b.count - 1;
    while (low < high) {
        int middle = (low + high + 1) / 2;
        if (b.of[middle].first <= block) low = middle;
        else high = middle - 1;
    }
    return low;
}

static __device__ inline float squares_in_piece(const float *x, unsigned n, int piece) {
    unsigned length = length_of(n), end = min(n, (piece + 1) * length);
    float sum = 0;
    for (unsigned i = piece * length + threadIdx.x; i < end; i += THREADS) sum += x[i] * x[i];
    return block_sum(sum);
}

/* By the last block: totals[i] of call i, by a thread where there is one piece and by a warp where there are more; then y, along the chains. */
static __device__ inline void add_up(const Batch &b) {
    __shared__ double totals[MOST];
    int thread = (int)threadIdx.x, lane = thread % WARP;
    if (thread < b.count) totals[thread] = *b.of[thread].sums;
    __syncthreads();
    for (int i = thread / WARP; i < b.count; i += THREADS / WARP) {
        int pieces = pieces_in(b.of[i].n);
        double sum = 0;
        if (pieces == 1) continue; /* the whole warp */
        for (int k = lane; k < pieces; k += WARP) sum += b.of[i].sums[k];
        sum = warp_sum(sum);
        if (lane == 0) totals[i] = sum;
    }
    __syncthreads();
    double y = 0;
    for (int i = 0; i < b.count && thread == 0; i++) {
        const float *before = b.of[i].before;
        bool chained = i && before == b.of[i - 1].y; /* then it need not come from memory */
        y = totals[i] + (chained ? y : before ? *before : 0);
        *b.of[i].y = (float)y;
    }
}

static __global__ void forward_kernel(const Batch b, int *counter) {
    int block = (int)blockIdx.x, i = call_of(b, block), piece = block - b.of[i].first;
    float sum = squares_in_piece(b.of[i].x, b.of[i].n, piece);
    if (threadIdx.x == 0) b.of[i].sums[piece] = sum;
    if (is_last_block(counter, b.blocks)) add_up(b);
}

/* Whether the call takes the square of what an earlier one in the batch computes. */
static bool reads_result(const Batch *b, const P2cCall *call) {
    for (int i = 0; i < b->count; i++)
        if (b->of[i].y == call->x[0]) return true;
    return false;
}

static void launch(Batch *b, const P2cCall *call) {
    if (b->count) P2C_LAUNCH(forward_kernel, (unsigned)b->blocks, THREADS, 0, call->queue, *b, call->queue->counters);
    b->count = b->blocks = 0;
}

static void many(const P2cCall *const calls[], int count) {
    Batch b = { .count = 0, .blocks = 0 };
    for (int i = 0; i < count; i++) {
        const P2cCall *call = calls[i];
        unsigned n = (unsigned)count_of(call->node->x[0]);
        if (b.count == MOST || reads_result(&b, call)) launch(&b, call);
        b.of[b.count++] = { call->x[0], (float *)call->work, call->y, call->node->count == 2 ? call->x[1] : NULL, n, b.blocks };
        b.blocks += pieces_in(n);
    }
    launch(&b, calls[0]);
}

static void forward(const P2cCall *call) { many(&call, 1); }

static __global__ void backward_kernel(const float *x, const float *dy, float *dx, float *before, unsigned n, unsigned fresh) {
    unsigned i = global_thread();
    if (dx && i < n) put(&dx[i], 2 * x[i] * *dy, fresh & 1);
    if (before && i == 0) put(before, *dy, fresh & 2);
}

static void backward(const P2cCall *call) {
    unsigned n = (unsigned)count_of(call->node->x[0]);
    if (call->dx[0] || call->dx[1])
        P2C_LAUNCH(backward_kernel, call->dx[0] ? blocks_for(n) : 1, THREADS, 0, call->queue, call->x[0], call->dy, call->dx[0], call->dx[1], n, call->fresh);
}

static size_t work(const P2cNode *node, bool backward, int threads) {
    (void)threads;
    return backward ? 0 : (size_t)pieces_in((unsigned)count_of(node->x[0])) * sizeof(float);
}

const P2cKernel p2c_cuda_sum_squares = { .forward = forward, .backward = backward, .work = work, .fresh = true, .many = many };

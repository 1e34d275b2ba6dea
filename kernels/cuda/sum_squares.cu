/* sum_squares: y = before + sum of x^2;  dx += 2 x dy, dbefore += dy
 *
 * The norm of a network's gradients is a chain of hundreds of these, most of them over a few
 * hundred elements. So as many as fit the kernel's parameters share one launch, with a block for
 * each piece of an operand. The last block to finish adds up the pieces of each operand, and the
 * totals along the chains.
 *
 * A call's pieces are in its own scratch, and all calls use theirs at the same time. This needs
 * scratch that the plan does not share, which is the case for small scratch (plan.c, SMALL). Larger
 * scratch might be shared by calls that are planned one after the other, or lie where the operand
 * of an earlier call was. */
#include "tensors.cuh"

static const unsigned LEAST_PIECE = 32 * THREADS, MOST_PIECES = 256; /* 1 KiB of sums */

/* One call. */
struct Squares {
    const float *x;
    float *sums, *y;
    const float *before; /* NULL if there is none */
    unsigned size;
};
static const int MOST = Batch<Squares>::CAPACITY;
static_assert(MOST <= THREADS, "one thread for each call");

static __host__ __device__ inline unsigned length_of(unsigned size) {
    unsigned length = (size + MOST_PIECES - 1) / MOST_PIECES;
    return length > LEAST_PIECE ? length : LEAST_PIECE;
}

static __host__ __device__ inline int pieces_of(unsigned size) {
    return (int)((size + length_of(size) - 1) / length_of(size));
}

static __device__ inline float squares_in_piece(const float *x, unsigned size, unsigned piece) {
    unsigned length = length_of(size), end = min(size, (piece + 1) * length);
    float sum = 0;
    for (unsigned i = piece * length + threadIdx.x; i < end; i += THREADS) sum += x[i] * x[i];
    return block_sum(sum);
}

/* Called by the last block: computes totals[i] of call i, by a thread if there is one piece and by
 * a warp if there are more; then y, along the chains. */
static __device__ inline void add_up(const Batch<Squares> &batch) {
    __shared__ double totals[MOST];
    int thread = (int)threadIdx.x, lane = thread % WARP;
    if (thread < batch.count) totals[thread] = *batch.tensors[thread].sums;
    __syncthreads();
    for (int i = thread / WARP; i < batch.count; i += THREADS / WARP) {
        int pieces = pieces_of(batch.tensors[i].size);
        double sum = 0;
        if (pieces == 1) continue; /* the same for the whole warp */
        for (int k = lane; k < pieces; k += WARP) sum += batch.tensors[i].sums[k];
        sum = warp_sum(sum);
        if (lane == 0) totals[i] = sum;
    }
    __syncthreads();
    double y = 0;
    for (int i = 0; i < batch.count && thread == 0; i++) {
        const float *before = batch.tensors[i].before;
        /* then it is in registers and need not be loaded */
        bool chained = i && before == batch.tensors[i - 1].y;
        y = totals[i] + (chained ? y : before ? *before : 0);
        *batch.tensors[i].y = (float)y;
    }
}

static __global__ void forward_kernel(const Batch<Squares> batch, int *counter) {
    const int i = tensor_of(batch, (int)blockIdx.x);
    const unsigned piece = blockIdx.x - batch.first[i];
    float sum = squares_in_piece(batch.tensors[i].x, batch.tensors[i].size, piece);
    if (threadIdx.x == 0) batch.tensors[i].sums[piece] = sum;
    if (is_last_block(counter, batch.pieces)) add_up(batch);
}

/* True if the call squares what an earlier call in the batch computes. */
static bool reads_result(const Batch<Squares> *batch, const P2cCall *call) {
    for (int i = 0; i < batch->count; i++)
        if (batch->tensors[i].y == call->x[0]) return true;
    return false;
}

/* Launches once, for the first calls that fit and do not square each other's results. Returns how
 * many. */
static int launch(const P2cCall *const calls[], int count) {
    Batch<Squares> batch;
    batch.count = batch.pieces = 0;
    for (int i = 0; i < count && i < MOST && !reads_result(&batch, calls[i]); i++) {
        const P2cCall *call = calls[i];
        unsigned size = (unsigned)count_of(call->node->x[0]);
        Squares s = { call->x[0], (float *)call->work, call->y,
                      call->node->count == 2 ? call->x[1] : NULL, size };
        append_pieces(&batch, s, pieces_of(size));
    }
    P2C_LAUNCH(forward_kernel, batch.pieces, THREADS, 0, calls[0]->queue, batch,
               calls[0]->queue->counters);
    return batch.count;
}

static void many(const P2cCall *const calls[], int count) {
    for (int i = 0; i < count;) i += launch(calls + i, count - i);
}

static void forward(const P2cCall *call) { launch(&call, 1); }

static __global__ void backward_kernel(const float *x, const float *dy, float *dx, float *before,
                                       unsigned n, unsigned overwrite) {
    unsigned i = global_thread();
    if (dx && i < n) put(&dx[i], 2 * x[i] * *dy, overwrite & 1);
    if (before && i == 0) put(before, *dy, overwrite & 2);
}

static void backward(const P2cCall *call) {
    unsigned n = (unsigned)count_of(call->node->x[0]);
    if (call->dx[0] || call->dx[1])
        P2C_LAUNCH(backward_kernel, call->dx[0] ? blocks_for(n) : 1, THREADS, 0, call->queue,
                   call->x[0], call->dy, call->dx[0], call->dx[1], n, call->overwrite);
}

static size_t work(const P2cNode *node, bool backward, int threads) {
    (void)threads;
    return backward ? 0 : (size_t)pieces_of((unsigned)count_of(node->x[0])) * sizeof(float);
}

const P2cKernel p2c_cuda_sum_squares = {
    .forward = forward, .backward = backward, .work = work, .overwrite = true, .many = many
};

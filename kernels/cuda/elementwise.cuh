/* elementwise.cuh: kernels in which every element is a formula. A struct holds what the formula
 * reads, and its call operator computes element i:
 *
 *     struct Tanh {
 *         const float *x;
 *         __device__ float operator()(unsigned i) const { return tanhf(x[i]); }
 *     };
 *
 * Profiles show kernels by the struct's name. make_result writes y; make_planes also computes the
 * statistics of y's planes on request; put_gradient writes or adds a gradient. A thread computes
 * several elements, THREADS apart, and stores none before it has read for all. So it waits for
 * memory only once, and y may be the same memory as x. */
#ifndef P2C_CUDA_ELEMENTWISE_CUH
#define P2C_CUDA_ELEMENTWISE_CUH

#include "statistics.cuh"

enum { EACH = 4, SPAN = EACH * THREADS }; /* elements of a thread, and of a block */

static __device__ inline unsigned lesser(unsigned a, unsigned b) { return a < b ? a : b; }

template <class Formula>
static __global__ void element_kernel(float *to, unsigned n, Formula formula, bool overwrite) {
    unsigned first = blockIdx.x * SPAN + threadIdx.x;
    float v[EACH];
    for (int k = 0; k < EACH; k++) {
        /* beyond the end, read the last element again, which is useless but needs no branch */
        unsigned i = lesser(first + k * THREADS, n - 1);
        v[k] = overwrite ? formula(i) : to[i] + formula(i);
    }
    for (int k = 0; k < EACH; k++)
        if (first + k * THREADS < n) to[first + k * THREADS] = v[k];
}

template <class Formula>
static void put_elements(const P2cCall *call, float *to, size_t n, Formula formula,
                         bool overwrite) {
    P2C_LAUNCH(element_kernel<Formula>, blocks_for(n, SPAN), THREADS, 0, call->queue, to,
               (unsigned)n, formula, overwrite);
}

/* Computes all elements of y. */
template <class Formula> static void make_result(const P2cCall *call, Formula formula) {
    put_elements(call, call->y, count_of(call->node), formula, true);
}

/* Computes all elements of operand k's gradient, if it is wanted. */
template <class Formula> static void put_gradient(const P2cCall *call, int k, Formula formula) {
    if (call->dx[k])
        put_elements(call, call->dx[k], count_of(call->node->x[k]), formula,
                     is_overwritten(call, k));
}

/* ---- with the statistics of the planes of y ---- */

/* A block for each piece of a plane. `statistics` are those of the planes from `start` on. */
template <class Formula>
static __global__ void piece_kernel(float *y, int hw, Formula formula, Statistics statistics,
                                    int start) {
    int plane = start + blockIdx.x / statistics.pieces, piece = blockIdx.x % statistics.pieces,
        first = piece * STATISTICS_PIECE + threadIdx.x, n = 0;
    unsigned at = (unsigned)plane * hw;
    float v[STATISTICS_COUNT];
    for (int k = 0; k < STATISTICS_COUNT; k++)
        v[k] = formula(at + min(first + k * THREADS, hw - 1));
    for (int k = 0; k < STATISTICS_COUNT; k++) {
        if (first + k * THREADS >= hw) break;
        y[at + first + k * THREADS] = v[k];
        n++;
    }
    piece_statistics(statistics, plane - start, piece, hw, v, n);
}

static inline size_t planes_work(const P2cNode *node) {
    return node->makes_statistics
               ? statistics_bytes(planes_of(node->dims), statistics_pieces(area_of(node->dims)))
               : 0;
}

/* Computes all elements of y and, on request, the statistics of its planes. work: planes_work. */
template <class Formula> static void make_planes(const P2cCall *call, Formula formula) {
    const P2cDims d = call->node->dims;
    Statistics m = statistics_of(call, call->work, statistics_pieces(area_of(d)));
    if (!m.out) make_result(call, formula);
    /* one launch for as many planes as there are counters */
    for (int start = 0; m.out && start < planes_of(d); start += MOST_COUNTERS) {
        Statistics part = m;
        int planes = min(planes_of(d) - start, MOST_COUNTERS);
        part.out += 2 * (size_t)start;
        part.partial += (size_t)start * m.pieces;
        P2C_LAUNCH(piece_kernel<Formula>, (unsigned)(planes * m.pieces), THREADS, 0, call->queue,
                   call->y, area_of(d), formula, part, start);
    }
}

#endif

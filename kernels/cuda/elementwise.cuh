/* elementwise.cuh: kernels whose every element is a formula of its own. A struct holds what the formula reads, and element i is its (i):
 *
 *     struct Tanh {
 *         const float *x;
 *         __device__ float operator()(unsigned i) const { return tanhf(x[i]); }
 *     };
 *
 * Profiles show kernels by its name. make_result writes y so, make_planes does and leaves the moments of y's planes when they are asked for,
 * put_gradient writes or adds. A thread makes several elements, THREADS apart, and stores none before it has read for all: the memory's latency is
 * paid once. That also lets y lie over x. */
#ifndef P2C_CUDA_ELEMENTWISE_CUH
#define P2C_CUDA_ELEMENTWISE_CUH

#include "moments.cuh"

enum { EACH = 4, SPAN = EACH * THREADS }; /* elements of a thread, of a block */

static __device__ inline unsigned lesser(unsigned a, unsigned b) { return a < b ? a : b; }

template <class Formula> static __global__ void element_kernel(float *to, unsigned n, Formula formula, bool fresh) {
    unsigned first = blockIdx.x * SPAN + threadIdx.x;
    float v[EACH];
    for (int k = 0; k < EACH; k++) {
        unsigned i = lesser(first + k * THREADS, n - 1); /* behind the end: the last one again, for nothing, but without a branch */
        v[k] = fresh ? formula(i) : to[i] + formula(i);
    }
    for (int k = 0; k < EACH; k++)
        if (first + k * THREADS < n) to[first + k * THREADS] = v[k];
}

template <class Formula> static void put_elements(const P2cCall *call, float *to, size_t n, Formula formula, bool fresh) {
    P2C_LAUNCH(element_kernel<Formula>, blocks_for(n, SPAN), THREADS, 0, call->queue, to, (unsigned)n, formula, fresh);
}

/* All elements of y. */
template <class Formula> static void make_result(const P2cCall *call, Formula formula) {
    put_elements(call, call->y, count_of(call->node), formula, true);
}

/* Those of operand k's gradient, when it is wanted. */
template <class Formula> static void put_gradient(const P2cCall *call, int k, Formula formula) {
    if (call->dx[k]) put_elements(call, call->dx[k], count_of(call->node->x[k]), formula, is_fresh(call, k));
}

/* ---- with the moments of the planes of y ---- */

/* A block for each piece of a plane; planes from `start` on, and moments theirs. */
template <class Formula> static __global__ void piece_kernel(float *y, int hw, Formula formula, Moments moments, int start) {
    int plane = start + blockIdx.x / moments.pieces, piece = blockIdx.x % moments.pieces, first = piece * MOMENTS_PIECE + threadIdx.x, n = 0;
    unsigned at = (unsigned)plane * hw;
    float v[MOMENTS_COUNT];
    for (int k = 0; k < MOMENTS_COUNT; k++) v[k] = formula(at + min(first + k * THREADS, hw - 1));
    for (int k = 0; k < MOMENTS_COUNT; k++) {
        if (first + k * THREADS >= hw) break;
        y[at + first + k * THREADS] = v[k];
        n++;
    }
    piece_moments(moments, plane - start, piece, hw, v, n);
}

static inline size_t planes_work(const P2cNode *node) {
    return node->makes_moments ? moments_bytes(planes_of(node->dims), moments_pieces(area_of(node->dims))) : 0;
}

/* All elements of y, and the moments of its planes when asked for. work: planes_work. */
template <class Formula> static void make_planes(const P2cCall *call, Formula formula) {
    const P2cDims d = call->node->dims;
    Moments m = moments_of(call, call->work, moments_pieces(area_of(d)));
    if (!m.out) make_result(call, formula);
    for (int start = 0; m.out && start < planes_of(d); start += MOST_COUNTERS) { /* as many as there are counters for */
        Moments part = m;
        int planes = min(planes_of(d) - start, MOST_COUNTERS);
        part.out += 2 * (size_t)start;
        part.partial += (size_t)start * m.pieces;
        P2C_LAUNCH(piece_kernel<Formula>, (unsigned)(planes * m.pieces), THREADS, 0, call->queue, call->y, area_of(d), formula, part, start);
    }
}

#endif

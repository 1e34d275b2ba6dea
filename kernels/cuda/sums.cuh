/* sums.cuh: each element of a result is the sum of many elements of a larger tensor, such as
 * gradients of broadcast operands and means of planes.
 *
 * A struct makes the terms: term(i, j) for elements i and j of two tensors. pass(i, e) does what
 * else must be done once for each term; e is the index of the sum.
 *
 * `lanes` neighbouring threads work on as many sums, so that they read neighbouring elements if
 * these belong to different sums. The other threads of a block, and `splits` blocks if there are
 * few sums, share the terms of each. Terms are added in float by eights, then in double. */
#ifndef P2C_CUDA_SUMS_CUH
#define P2C_CUDA_SUMS_CUH

#include "walk.cuh"

enum {
    SUM_BATCH = 8,
    SUM_TERMS = 2 * SUM_BATCH /* least number of terms of a thread if blocks share a sum */,
    SUM_BLOCKS = 1024,
    SUM_SPLITS = 64
};

struct Sums {
    Walk kept, added; /* the sums, and the terms of each, as indices in the two tensors */
    int lanes, splits;
    double *partial; /* [sum][split], if there is more than one split */
    int *counters;   /* one for each group of `lanes` sums */
};

/* The smallest power of 2 that is n or more, at most `most`. */
static inline int power_of_2(unsigned n, int most) {
    int p = 1;
    while (p < most && (unsigned)p < n) p *= 2;
    return p;
}

static inline unsigned groups_of(const Sums *s) {
    return blocks_for(s->kept.count, (unsigned)s->lanes);
}

static inline Sums sums_new(Walk kept, Walk added) {
    Sums s = { kept, added, 1, 1, NULL, NULL };
    bool neighbours = kept.rank && kept.dim[0].a == 1;
    s.lanes = neighbours ? power_of_2(kept.dim[0].size.by, WARP)
                         : power_of_2(THREADS / (unsigned)power_of_2(added.count, THREADS), WARP);
    unsigned by_terms = added.count / (unsigned)((int)SUM_TERMS * (int)THREADS / s.lanes),
             by_blocks = SUM_BLOCKS / groups_of(&s);
    s.splits = by_terms < by_blocks ? (int)by_terms : (int)by_blocks;
    if (s.splits > SUM_SPLITS) s.splits = SUM_SPLITS;
    if (s.splits < 1) s.splits = 1;
    return s;
}

/* The sums for the gradient of an operand of dims d that was broadcast to y: i is an element of y,
 * j of the other operand. */
static inline Sums sums_of_operand(P2cDims y, P2cDims d, P2cDims other) {
    Steps i = steps_of(y), j = steps_of(other);
    Walk kept = walk_new(), added = walk_new();
    for (int k = 3; k >= 0; k--)
        walk_around(d.d[k] == y.d[k] ? &kept : &added, y.d[k], i.of[k], j.of[k]);
    return sums_new(kept, added);
}

static inline size_t sums_work(Sums s) {
    return s.splits > 1 ? (size_t)s.kept.count * (size_t)s.splits * sizeof(double) : 0;
}

/* One thread's part of sum e. Its block has the terms begin to end-1. */
template <class Term>
static __device__ inline double thread_sum(const Sums &s, const Term &term, unsigned e,
                                           unsigned begin, unsigned end) {
    unsigned rows = THREADS / s.lanes;
    Places base = places_at(s.kept, e);
    double sum = 0;
    for (unsigned first = begin + threadIdx.x / s.lanes; first < end; first += SUM_BATCH * rows) {
        float v[SUM_BATCH], part = 0;
        /* beyond the end, read the last term again, so that no branch is between the loads */
        for (int k = 0; k < SUM_BATCH; k++) {
            Places p = places_at(s.added, first + k * rows < end ? first + k * rows : end - 1);
            v[k] = term(base.a + p.a, base.b + p.b);
        }
        for (int k = 0; k < SUM_BATCH; k++) {
            if (first + k * rows >= end) break;
            part += v[k];
            term.pass(base.a + places_at(s.added, first + k * rows).a, e);
        }
        sum += part;
    }
    return sum;
}

/* Adds up the threads of the block that have the same lane. The result is in the first `lanes`
 * threads. All threads must call it, once. */
static __device__ inline double sum_over_rows(double sum, int lanes) {
    __shared__ double sums[THREADS];
    for (int step = WARP / 2; step >= lanes; step /= 2)
        sum += __shfl_xor_sync(0xFFFFFFFFu, sum, step);
    sums[threadIdx.x] = sum;
    __syncthreads();
    double total = 0;
    for (int warp = 0; warp < THREADS / WARP; warp++)
        total += sums[warp * WARP + threadIdx.x % WARP];
    return total;
}

template <class Term>
static __global__ void sum_kernel(Sums s, Term term, double scale, float *out, bool overwrite) {
    unsigned group = blockIdx.x / s.splits, split = blockIdx.x % s.splits,
             e = group * s.lanes + threadIdx.x % s.lanes;
    unsigned terms = s.added.count, share = (terms + s.splits - 1) / s.splits,
             begin = split * share, end = begin + share < terms ? begin + share : terms;
    bool mine = (int)threadIdx.x < s.lanes && e < s.kept.count;
    double sum = sum_over_rows(e < s.kept.count ? thread_sum(s, term, e, begin, end) : 0, s.lanes);
    if (s.splits > 1) {
        if (mine) s.partial[(size_t)e * s.splits + split] = sum;
        if (!is_last_block(s.counters + group, s.splits)) return;
        sum = 0;
        for (int k = 0; mine && k < s.splits; k++) sum += s.partial[(size_t)e * s.splits + k];
    }
    if (mine) put(out + e, (float)(scale * sum), overwrite);
}

/* work: sums_work. */
template <class Term>
static void put_sums(const P2cCall *call, Sums s, Term term, double scale, float *out,
                     bool overwrite) {
    s.partial = (double *)call->work;
    s.counters = call->queue->counters;
    P2C_LAUNCH(sum_kernel<Term>, groups_of(&s) * (unsigned)s.splits, THREADS, 0, call->queue, s,
               term, scale, out, overwrite);
}

#endif

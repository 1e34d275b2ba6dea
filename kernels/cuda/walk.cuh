/* walk.cuh: finds the elements of two tensors that belong together, without dividing.
 *
 * A Walk numbers the elements of a box of up to four sizes and turns a number into two offsets, in
 * two tensors with different strides; a stride of 0 means that the tensor is repeated. Adjacent
 * sizes that are contiguous in both tensors are joined, so most walks have one or two. */
#ifndef P2C_CUDA_WALK_CUH
#define P2C_CUDA_WALK_CUH

#include "cuda.cuh"

/* Division of numbers below 2^31 by a divisor that is known at launch, by multiplication, because
 * GPUs have no instruction for division. Granlund, Montgomery 1994, with N = 32: shift = ceil(log2
 * by), magic = floor(2^32 (2^shift - by) / by) + 1. */
struct Divisor {
    unsigned by, magic, shift;
};

static inline Divisor divisor_of(unsigned by) {
    Divisor d = { by, 0, 0 };
    while ((1u << d.shift) < d.by) d.shift++;
    d.magic = (unsigned)((((1ull << d.shift) - d.by) << 32) / d.by + 1);
    return d;
}

/* Divides by the size of dimension k. */
static inline Divisor divisor_at(P2cDims d, int k) { return divisor_of((unsigned)d.d[k]); }

static __device__ inline unsigned quotient(unsigned n, Divisor d) {
    return ((unsigned)((unsigned long long)n * d.magic >> 32) + n) >> d.shift;
}

struct WalkSize {
    Divisor size;
    unsigned a, b; /* stride in either tensor */
};

struct Walk {
    int rank;
    unsigned count; /* number of elements, 1 or more */
    /* innermost first; after `rank` sizes come sizes that no number reaches, so that kernels need
     * no branch */
    WalkSize dim[4];
};

struct Places {
    unsigned a, b;
};

static inline Walk walk_new(void) {
    WalkSize none = { divisor_of(1u << 31), 0, 0 };
    Walk w = { 0, 1, { none, none, none, none } };
    return w;
}

/* Adds a size around those so far. */
static inline void walk_around(Walk *w, int size, unsigned a, unsigned b) {
    WalkSize *inner = w->rank ? &w->dim[w->rank - 1] : NULL;
    if (size == 1) return;
    w->count *= (unsigned)size;
    if (inner && inner->a * inner->size.by == a && inner->b * inner->size.by == b) {
        inner->size = divisor_of(inner->size.by * (unsigned)size);
        return;
    }
    WalkSize outer = { divisor_of((unsigned)size), a, b };
    w->dim[w->rank++] = outer;
}

static __device__ inline Places places_at(const Walk &w, unsigned i) {
    Places p = { 0, 0 };
    for (int k = 0; k < 4; k++) {
        unsigned rest = k < 3 ? quotient(i, w.dim[k].size) : 0, at = i - rest * w.dim[k].size.by;
        p.a += at * w.dim[k].a;
        p.b += at * w.dim[k].b;
        i = rest;
    }
    return p;
}

/* ---- broadcasting: sizes agree or are 1 ---- */

struct Steps {
    unsigned of[4]; /* 0 for sizes of 1 */
};

static inline Steps steps_of(P2cDims d) {
    Steps s;
    unsigned step = 1;
    for (int k = 3; k >= 0; k--) {
        s.of[k] = d.d[k] == 1 ? 0 : step;
        step *= (unsigned)d.d[k];
    }
    return s;
}

static inline bool same_sizes(P2cDims a, P2cDims b) {
    return a.d[0] == b.d[0] && a.d[1] == b.d[1] && a.d[2] == b.d[2] && a.d[3] == b.d[3];
}

/* From the elements of y to those of its operands a and b. */
static inline Walk operands_walk(P2cDims y, P2cDims a, P2cDims b) {
    Steps sa = steps_of(a), sb = steps_of(b);
    Walk w = walk_new();
    for (int k = 3; k >= 0; k--) walk_around(&w, y.d[k], sa.of[k], sb.of[k]);
    return w;
}

/* From the elements of y to those of x (n,c,h,w), which is read repeated f x f, as b. */
static inline Walk repeating_walk(P2cDims x, int f) {
    unsigned w = (unsigned)x.d[3], row = w * (unsigned)f;
    Walk walk = walk_new();
    walk_around(&walk, f, 1, 0);
    walk_around(&walk, x.d[3], (unsigned)f, 1);
    walk_around(&walk, f, row, 0);
    walk_around(&walk, planes_of(x) * x.d[2], row * (unsigned)f, w);
    return walk;
}

#endif

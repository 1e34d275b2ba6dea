/* joined.cuh: tensors that are joined along an axis of a larger one, for concat and for add of a
 * concat.
 *
 * The larger tensor is rows of `whole` consecutive elements. Each row has a run of every piece. */
#ifndef P2C_CUDA_JOINED_CUH
#define P2C_CUDA_JOINED_CUH

#include "elementwise.cuh"
#include "walk.cuh"

struct JoinedPieces {
    Divisor whole;
    struct {
        float *x; /* NULL if not wanted */
        /* of its run in the row; beyond all rows for pieces that do not exist */
        unsigned begin, size;
        bool overwrite;
    } of[P2C_MAX_OPERANDS];
};

struct Place {
    float *x; /* NULL if there is none */
    bool overwrite;
};

/* Finds the piece and offset of element i. */
static __device__ inline Place place_at(const JoinedPieces &p, unsigned i) {
    unsigned row = quotient(i, p.whole), at = i - row * p.whole.by, begin = 0, size = p.of[0].size;
    Place place = { p.of[0].x, p.of[0].overwrite };
    for (int k = 1; k < P2C_MAX_OPERANDS; k++)
        if (at >= p.of[k].begin)
            place.x = p.of[k].x, place.overwrite = p.of[k].overwrite, begin = p.of[k].begin,
            size = p.of[k].size;
    if (place.x) place.x += row * size + at - begin;
    return place;
}

/* Operands first to count-1, joined along an axis: their values, or their gradients. */
static inline JoinedPieces joined_of(const P2cCall *call, int first, int axis, bool gradients) {
    const P2cNode *node = call->node;
    JoinedPieces p = { divisor_of(1), {} };
    unsigned at = 0;
    for (int k = 0; k < P2C_MAX_OPERANDS; k++) {
        int operand = first + k;
        p.of[k].begin = ~0u;
        if (operand >= node->count) continue;
        p.of[k].x = gradients ? call->dx[operand] : call->x[operand];
        p.of[k].begin = at;
        p.of[k].overwrite = is_overwritten(call, operand);
        p.of[k].size = 1;
        for (int i = axis; i < 4; i++) p.of[k].size *= (unsigned)node->x[operand]->dims.d[i];
        at += p.of[k].size;
    }
    p.whole = divisor_of(at);
    return p;
}

static __global__ void joined_kernel(const float *__restrict__ dy, float *beside, bool overwrite,
                                     JoinedPieces joined, unsigned n) {
    unsigned first = blockIdx.x * SPAN + threadIdx.x;
    float v[EACH];
    for (int k = 0; k < EACH; k++) v[k] = dy[lesser(first + k * THREADS, n - 1)];
    for (int k = 0; k < EACH; k++) {
        unsigned i = first + k * THREADS;
        if (i >= n) break;
        Place p = place_at(joined, i);
        if (beside) put(beside + i, v[k], overwrite);
        if (p.x) put(p.x, v[k], p.overwrite);
    }
}

static inline void launch_joined(const P2cCall *call, float *beside, JoinedPieces joined) {
    unsigned n = (unsigned)count_of(call->node);
    P2C_LAUNCH(joined_kernel, blocks_for(n, SPAN), THREADS, 0, call->queue, call->dy, beside,
               is_overwritten(call, 0), joined, n);
}

/* Distributes dy to the pieces' gradients, and all of it to `beside`, operand 0's gradient, unless
 * NULL. This is one launch; if a piece appears several times, one for each time, because another
 * thread adds to the same gradient. */
static void put_joined(const P2cCall *call, float *beside, JoinedPieces joined) {
    for (bool more = true; more; beside = NULL) {
        JoinedPieces now = joined;
        more = false;
        for (int k = 0; k < P2C_MAX_OPERANDS; k++) {
            bool again = false;
            for (int i = 0; i < k; i++) again |= now.of[i].x && now.of[i].x == now.of[k].x;
            if (again) now.of[k].x = NULL, more = true;
            else joined.of[k].x = NULL;
        }
        launch_joined(call, beside, now);
    }
}

#endif

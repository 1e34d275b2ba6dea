/* sgd: one update of parameters in place (see lib/op/sgd.c for the formula), of as many as fit a
 * launch, with the rates that sgd_begin left in x[2]. Grid: a block per piece of a parameter, see
 * tensors.cuh. */
#include <math.h>

#include "op/sgd.h"

#include "tensors.cuh"

struct Updated {
    float *p, *b, *y;
    const float *g;
    unsigned size;
    float low, high;
};

/* What a thread needs is asked for before whether there is an update at all is looked at. */
static __global__ void forward_kernel(const Batch<Updated> batch, const P2cSgdRates *rates) {
    const int k = tensor_of(batch, blockIdx.x);
    const unsigned begin = (blockIdx.x - batch.first[k]) * PIECE;
    const Updated t = batch.tensors[k];
    const P2cSgdRates r = *rates;
    float p[COUNT], g[COUNT], b[COUNT];
#pragma unroll
    for (int j = 0; j < COUNT; j++) {
        unsigned i = begin + threadIdx.x + j * THREADS;
        bool inside = i < t.size;
        p[j] = inside ? t.p[i] : 0;
        g[j] = inside ? t.g[i] : 0;
        b[j] = inside ? t.b[i] : 0;
    }
    if (begin == 0 && threadIdx.x == 0) *t.y = r.step;
    if (isnan(r.step)) return;
#pragma unroll
    for (int j = 0; j < COUNT; j++) {
        unsigned i = begin + threadIdx.x + j * THREADS;
        if (i >= t.size) continue;
        float moved = r.momentum * b[j] + (g[j] + r.decay * p[j]), next = p[j] - r.rate * moved;
        t.b[i] = moved;
        t.p[i] = next < t.low ? t.low : next > t.high ? t.high : next;
    }
}

static Updated tensor_of_call(const P2cCall *call) {
    const P2cUpdateAttributes *a = P2C_ATTRIBUTES(call->node, P2cUpdateAttributes);
    Updated t = { call->x[0], call->x[3], call->y, call->x[1], (unsigned)count_of(call->node->x[0]),
                  *a->low,    *a->high };
    return t;
}

/* One launch, for the first calls that fit it and have the same rates; returns how many. */
static int launch(const P2cCall *const calls[], int count) {
    Batch<Updated> batch;
    batch.count = batch.pieces = 0;
    for (int i = 0; i < count && i < batch.CAPACITY && calls[i]->x[2] == calls[0]->x[2]; i++)
        append(&batch, tensor_of_call(calls[i]), count_of(calls[i]->node->x[0]));
    P2C_LAUNCH(forward_kernel, batch.pieces, THREADS, 0, calls[0]->queue, batch,
               (const P2cSgdRates *)calls[0]->x[2]);
    return batch.count;
}

static void many(const P2cCall *const calls[], int count) {
    for (int i = 0; i < count;) i += launch(calls + i, count - i);
}

static void forward(const P2cCall *call) { launch(&call, 1); }

const P2cKernel p2c_cuda_sgd = { .forward = forward, .many = many };

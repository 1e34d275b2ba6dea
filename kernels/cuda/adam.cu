/* adam: updates parameters in place (see lib/op/adam.c for the formula), as many as fit a launch,
 * with the rates that adam_begin left in x[2]. Grid: a block for each piece of a parameter, see
 * tensors.cuh. */
#include <math.h>

#include "op/adam.h"
#include "tensors.cuh"

struct Updated {
    float *p, *m, *v, *y;
    const float *g;
    unsigned size;
    float low, high;
};

static __device__ inline void update(const Updated &t, const P2cAdamRates &r, unsigned i, float p,
                                     float g, float m, float v) {
    g += r.decay * p;
    m = r.beta1 * m + r.rest1 * g;
    v = r.beta2 * v + r.rest2 * g * g;
    float next = p - r.rate * m / (sqrtf(v) * r.unbias + r.eps);
    t.m[i] = m;
    t.v[i] = v;
    t.p[i] = next < t.low ? t.low : next > t.high ? t.high : next;
}

/* A thread loads everything it needs before it uses any of it, and before it checks whether there
 * is an update at all. */
static __global__ void forward_kernel(const Batch<Updated> batch, const P2cAdamRates *rates) {
    const int k = tensor_of(batch, blockIdx.x);
    const unsigned begin = (blockIdx.x - batch.first[k]) * PIECE;
    const Updated t = batch.tensors[k];
    const P2cAdamRates r = *rates;
    float p[COUNT], g[COUNT], m[COUNT], v[COUNT];
#pragma unroll
    for (int j = 0; j < COUNT; j++) {
        unsigned i = begin + threadIdx.x + j * THREADS;
        bool inside = i < t.size;
        p[j] = inside ? t.p[i] : 0;
        g[j] = inside ? t.g[i] : 0;
        m[j] = inside ? t.m[i] : 0;
        v[j] = inside ? t.v[i] : 0;
    }
    if (begin == 0 && threadIdx.x == 0) *t.y = r.step;
    if (isnan(r.step)) return;
#pragma unroll
    for (int j = 0; j < COUNT; j++) {
        unsigned i = begin + threadIdx.x + j * THREADS;
        if (i < t.size) update(t, r, i, p[j], g[j], m[j], v[j]);
    }
}

static Updated tensor_of_call(const P2cCall *call) {
    const P2cUpdateAttributes *a = P2C_ATTRIBUTES(call->node, P2cUpdateAttributes);
    Updated t = { call->x[0], call->x[3], call->x[4],
                  call->y,    call->x[1], (unsigned)count_of(call->node->x[0]),
                  *a->low,    *a->high };
    return t;
}

/* Launches once, for the first calls that fit and have the same rates. Returns how many. */
static int launch(const P2cCall *const calls[], int count) {
    Batch<Updated> batch;
    batch.count = batch.pieces = 0;
    for (int i = 0; i < count && i < batch.CAPACITY && calls[i]->x[2] == calls[0]->x[2]; i++)
        append(&batch, tensor_of_call(calls[i]), count_of(calls[i]->node->x[0]));
    P2C_LAUNCH(forward_kernel, batch.pieces, THREADS, 0, calls[0]->queue, batch,
               (const P2cAdamRates *)calls[0]->x[2]);
    return batch.count;
}

static void many(const P2cCall *const calls[], int count) {
    for (int i = 0; i < count;) i += launch(calls + i, count - i);
}

static void forward(const P2cCall *call) { launch(&call, 1); }

const P2cKernel p2c_cuda_adam = { .forward = forward, .many = many };

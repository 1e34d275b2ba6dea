/* average: a += (1 - *decay) * (x - a) in place, for as many tensors as fit a launch. *decay
 * belongs to the host, which may change it between runs, so the rate is a run parameter. Grid: a
 * block for each piece of a tensor, see tensors.cuh. */
#include "op/average.h"
#include "tensors.cuh"

struct Averaged {
    float *a, *y;
    const float *x, *rate;
    unsigned size;
};

static void before(const P2cCall *call) {
    *(float *)call->run_params_host =
        (float)(1 - *P2C_ATTRIBUTES(call->node, P2cAverageAttributes)->decay);
}

static __global__ void forward_kernel(const Batch<Averaged> batch) {
    const int k = tensor_of(batch, blockIdx.x);
    const unsigned begin = (blockIdx.x - batch.first[k]) * PIECE;
    const Averaged t = batch.tensors[k];
    const float rate = *t.rate;
    float a[COUNT], x[COUNT];
#pragma unroll
    for (int j = 0; j < COUNT; j++) {
        unsigned i = begin + threadIdx.x + j * THREADS;
        a[j] = i < t.size ? t.a[i] : 0;
        x[j] = i < t.size ? t.x[i] : 0;
    }
#pragma unroll
    for (int j = 0; j < COUNT; j++) {
        unsigned i = begin + threadIdx.x + j * THREADS;
        if (i < t.size) t.a[i] = a[j] + rate * (x[j] - a[j]);
    }
    if (begin == 0 && threadIdx.x == 0) *t.y = 0;
}

/* True if a call reads or writes what an earlier call of the launch writes or reads, as the average
 * of an average does. Then it must wait. */
static bool depends(const P2cCall *const calls[], int i) {
    for (int k = 0; k < i; k++)
        if (calls[i]->x[0] == calls[k]->x[0] || calls[i]->x[0] == calls[k]->x[1] ||
            calls[i]->x[1] == calls[k]->x[0])
            return true;
    return false;
}

/* Launches once, for the first calls that fit. Returns how many. */
static int launch(const P2cCall *const calls[], int count) {
    Batch<Averaged> batch;
    batch.count = batch.pieces = 0;
    for (int i = 0; i < count && i < batch.CAPACITY && !depends(calls, i); i++) {
        const P2cCall *c = calls[i];
        size_t size = count_of(c->node->x[0]);
        Averaged t = { c->x[0], c->y, c->x[1], (const float *)c->run_params, (unsigned)size };
        append(&batch, t, size);
    }
    P2C_LAUNCH(forward_kernel, batch.pieces, THREADS, 0, calls[0]->queue, batch);
    return batch.count;
}

static void many(const P2cCall *const calls[], int count) {
    for (int i = 0; i < count;) i += launch(calls + i, count - i);
}

static void forward(const P2cCall *call) { launch(&call, 1); }

const P2cKernel p2c_cuda_average = {
    .forward = forward, .many = many, .run_params_bytes = sizeof(float), .before = before
};

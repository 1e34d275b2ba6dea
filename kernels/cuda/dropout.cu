/* dropout: y = x / (1 - rate) where kept, else 0;  dx += dy / (1 - rate) where kept.  A thread for
 * each block of four random numbers. The step is the host's: it comes by run parameters; saved: the
 * step, whose numbers backward draws again. */
#include "op/dropout.h"

#include "cuda.cuh"

/* p2c_rng_block: Philox4x32-10. */
static __device__ inline void draw_block(uint64_t key, uint64_t block, uint32_t x[4]) {
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    x[0] = (uint32_t)block, x[1] = (uint32_t)(block >> 32), x[2] = x[3] = 0;
    for (int round = 0; round < 10; round++) {
        uint64_t a = (uint64_t)0xD2511F53 * x[0], b = (uint64_t)0xCD9E8D57 * x[2];
        uint32_t y0 = (uint32_t)(b >> 32) ^ x[1] ^ k0, y2 = (uint32_t)(a >> 32) ^ x[3] ^ k1;
        x[0] = y0, x[1] = (uint32_t)b, x[2] = y2, x[3] = (uint32_t)a;
        k0 += 0x9E3779B9, k1 += 0xBB67AE85;
    }
}

/* By value to the kernel: from x to y, or from dy to dx. */
struct Dropped {
    const float *from;
    float *to;
    unsigned n;
    uint64_t key;
    uint32_t threshold;
    float scale;
    bool overwrite;
};

static Dropped dropped_of(const P2cCall *call, const float *from, float *to, bool overwrite) {
    const P2cDropoutAttributes *a = P2C_ATTRIBUTES(call->node, P2cDropoutAttributes);
    Dropped d = { from,
                  to,
                  (unsigned)count_of(call->node),
                  a->key,
                  p2c_dropout_threshold(a->rate),
                  1 / (1 - a->rate),
                  overwrite };
    return d;
}

/* saved: NULL, or where the step is to be kept. */
static __global__ void drop_kernel(Dropped d, const int64_t *step, int64_t *saved) {
    unsigned i = 4 * global_thread();
    uint32_t words[4];
    if (saved && i == 0) *saved = *step;
    if (i >= d.n) return;
    draw_block(d.key, (uint64_t)*step << 32 | i / 4, words);
    for (int k = 0; k < 4 && i + k < d.n; k++)
        put(&d.to[i + k], words[k] >= d.threshold ? d.from[i + k] * d.scale : 0, d.overwrite);
}

static void launch(const P2cCall *call, Dropped d, const int64_t *step, int64_t *saved) {
    P2C_LAUNCH(drop_kernel, blocks_for((d.n + 3) / 4), THREADS, 0, call->queue, d, step, saved);
}

static void before(const P2cCall *call) {
    *(int64_t *)call->run_params_host = *P2C_ATTRIBUTES(call->node, P2cDropoutAttributes)->step;
}

static void forward(const P2cCall *call) {
    launch(call, dropped_of(call, call->x[0], call->y, true), (const int64_t *)call->run_params,
           (int64_t *)call->saved);
}

static void backward(const P2cCall *call) {
    if (call->dx[0])
        launch(call, dropped_of(call, call->dy, call->dx[0], is_overwritten(call, 0)),
               (const int64_t *)call->saved, NULL);
}

const P2cKernel p2c_cuda_dropout = { .forward = forward,
                                     .backward = backward,
                                     .overwrite = true,
                                     .run_params_bytes = sizeof(int64_t),
                                     .before = before };

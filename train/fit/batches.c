/* batches.c: see batches.h. A sample is a function of its draw only, so that what was begun
 * and is not wanted is simply dropped. */
#include "batches.h"

#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/pool.h"
#include "step.h"

struct FitBatches {
    const FitData *data;
    int batch;
    size_t picture, target, scratch; /* of a sample: floats, floats, bytes */
    Pool *pool;
    float *pictures, *targets;
    char *work;
    bool planned, held_out; /* planned: being made are the samples from `first` on */
    uint64_t first;
};

int fit_batches_open(FitBatches **out, const FitData *data, FitTask task, int batch, int workers) {
    FitBatches *b = *out = calloc(1, sizeof *b);
    if (b) {
        *b = (FitBatches){ .data = data,
                           .batch = batch,
                           .picture = fit_picture_floats(task),
                           .target = fit_target_floats(task) };
        b->scratch = (fit_data_scratch(data) + 63) / 64 * 64;
        b->pictures = calloc((size_t)batch * b->picture, sizeof *b->pictures);
        b->targets = calloc((size_t)batch * b->target, sizeof *b->targets);
        b->work = calloc((size_t)batch, b->scratch + 1); /* calloc checks the product */
    }
    int code = EXIT_MEMORY;
    if (b && b->pictures && b->targets && b->work) code = pool_open(&b->pool, workers);
    else complain("out of memory: a batch of samples");
    if (code) fit_batches_close(out);
    return code;
}

void fit_batches_close(FitBatches **out) {
    FitBatches *b = *out;
    if (!b) return;
    pool_close(&b->pool);
    free(b->pictures);
    free(b->targets);
    free(b->work);
    free(b);
    *out = NULL;
}

static void make_sample(void *batches, P2cContext *ctx, int i) {
    const FitBatches *b = batches;
    size_t k = (size_t)i;
    (void)ctx;
    fit_data_sample(b->data, b->held_out, b->first + (uint64_t)i, b->work + k * b->scratch,
                    b->pictures + k * b->picture, b->targets + k * b->target);
}

static void plan(FitBatches *b, bool held_out, uint64_t first) {
    pool_stop(b->pool);
    b->planned = true;
    b->held_out = held_out;
    b->first = first;
    pool_start(b->pool, make_sample, b, b->batch);
}

void fit_batches_next(FitBatches *b, bool held_out, uint64_t first, float *pictures,
                      float *targets) {
    if (!b->planned || b->held_out != held_out || b->first != first) plan(b, held_out, first);
    pool_wait(b->pool, -1);
    memcpy(pictures, b->pictures, (size_t)b->batch * b->picture * sizeof *pictures);
    memcpy(targets, b->targets, (size_t)b->batch * b->target * sizeof *targets);
    plan(b, held_out, first + (uint64_t)b->batch);
}

/* batches.h: batches of samples, made by threads, one batch in advance. */
#ifndef P2C_TRAIN_FIT_BATCHES_H
#define P2C_TRAIN_FIT_BATCHES_H

#include "scene/data.h"

typedef struct FitBatches FitBatches;

/* workers 0: samples are made in the caller's thread. 0, or the exit code of a failure already
 * reported. */
int fit_batches_open(FitBatches **batches, const FitData *data, FitTask task, int batch,
                     int workers);
void fit_batches_close(FitBatches **batches);
/* The samples of draws first to first + batch-1; the next batch is begun on return. Any
 * draw may be asked for; one batch after the other is fast. */
void fit_batches_next(FitBatches *batches, bool held_out, uint64_t first, float *pictures,
                      float *targets);

#endif

/* weights.h: the result of p2c-fit, a small file of weights:  {"matte": {name: float16 tensor,
 * ...}}, or "landmarks". */
#ifndef P2C_TRAIN_FIT_WEIGHTS_H
#define P2C_TRAIN_FIT_WEIGHTS_H

#include "scene/data.h"

/* Both return 0, or the exit code of a failure that has been reported.
 *
 * Writes the weights of the network `name` in the store, as those of the task. */
int fit_weights_write(P2cContext *ctx, const P2cStore *store, FitTask task, const char *name,
                      const char *path);
/* Reads weights and says of which task they are. The file may also be a checkpoint, of which the
 * averaged network is taken. *tree is to be freed, *weights is borrowed from it. */
int fit_weights_read(P2cContext *ctx, const char *path, FitTask *task, P2cValue **tree,
                     const P2cValue **weights);

#endif

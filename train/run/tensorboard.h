/* tensorboard.h: writes scalars into TensorBoard's event files, to be shown with
 * tensorboard --logdir RUN/tensorboard.
 *
 * Every start of a run makes its own file. TensorBoard reads them in order of their names, and a
 * restart hides the steps that it repeats. */
#ifndef P2C_TRAIN_TENSORBOARD_H
#define P2C_TRAIN_TENSORBOARD_H

#include "metrics.h"

typedef struct TensorBoard TensorBoard;

double tensorboard_clock(void); /* seconds since 1970, which is what `now` is below */

/* Makes the folder when it is missing, and events.out.tfevents.<now>.<host>.p2cnn in it. step: the
 * last one that is over; 0 for a new run. Complains and returns an exit code; *out is NULL then. */
int tensorboard_open(TensorBoard **out, const char *folder, int64_t step, double now);
void tensorboard_close(TensorBoard **board);
/* These return NULL, or one line for people, as metrics_step does. */
const char *tensorboard_scalars(TensorBoard *board, int64_t step, double now, int count,
                                const Series series[], const double values[]);
/* the run goes on after `step`: later values are hidden */
const char *tensorboard_restart(TensorBoard *board, int64_t step, double now);
const char *tensorboard_sync(TensorBoard *board);

/* CRC-32C (Castagnoli), RFC 3720 B.4. */
uint32_t tensorboard_crc32c(const void *data, size_t size);

#endif

/* estimate.h: what a run will take, before its first step. */
#ifndef P2C_TRAIN_ESTIMATE_H
#define P2C_TRAIN_ESTIMATE_H

#include "trainer.h"

/* Says in one line how long the run will take, from a pass of both generators on this machine, and
 * what its checkpoints need on disk. The first one must be there. The line says so if the time
 * cannot be measured, which is no failure. Changes nothing. */
void estimate_run(const Trainer *trainer);

#endif

/* pool.h: threads that work on the numbered pieces of a job in the background. */
#ifndef P2C_CLI_POOL_H
#define P2C_CLI_POOL_H

#include "p2cnn.h"

typedef struct Pool Pool;
/* Works on piece i of a job. Pieces are done in any order, several at a time, each with a context
 * that nobody else uses meanwhile. */
typedef void PoolWork(void *job, P2cContext *ctx, int i);

/* With 0 threads, pool_wait does all the work itself. Returns 0, or the exit code of a failure that
 * it has reported; *pool is NULL then. */
int pool_open(Pool **pool, int threads);
void pool_close(Pool **pool); /* stops the job first */

/* Starts a job of `count` pieces. The job before it must have been waited for or stopped. Until
 * this one ends, only the pool may use what `job` points to. */
void pool_start(Pool *pool, PoolWork *work, void *job, int count);
/* Works on pieces, too, until all are done, or for about that many milliseconds if not negative.
 * Returns how many are done. */
int pool_wait(Pool *pool, int milliseconds);
/* Drops the pieces that nobody has begun, and waits for the others. */
void pool_stop(Pool *pool);
/* A context for the caller's own use while it does not wait. */
P2cContext *pool_context(Pool *pool);

#endif

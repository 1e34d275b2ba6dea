/* pool.h: threads that do the numbered pieces of a job in the background. */
#ifndef P2C_CLI_POOL_H
#define P2C_CLI_POOL_H

#include "p2cnn.h"

typedef struct Pool Pool;
/* Piece i of a job. Pieces of a job are done in any order, several at once, each with a context
 * that no other uses meanwhile. */
typedef void PoolWork(void *job, P2cContext *ctx, int i);

/* 0 threads: whoever waits does it all. Returns 0, or the exit code of a failure already reported;
 * *pool is NULL then. */
int pool_open(Pool **pool, int threads);
void pool_close(Pool **pool); /* stops first */

/* A job of `count` pieces; the one before must have been waited for or stopped. What `job` leads to
 * belongs to the pool meanwhile. */
void pool_start(Pool *pool, PoolWork *work, void *job, int count);
/* Helps until all pieces are done, or for about that many milliseconds, if at least 0. Returns how
 * many are done. */
int pool_wait(Pool *pool, int milliseconds);
/* Gives up the pieces that nobody has begun, and waits for the others. */
void pool_stop(Pool *pool);
/* The context for the caller's own use, while it does not wait. */
P2cContext *pool_context(Pool *pool);

#endif

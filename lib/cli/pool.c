/* pool.c: POSIX threads that take numbered pieces from one counter.
 *
 * Everything shared is in the Pool and used under its lock. Whoever sees that a piece is counted as
 * done also sees everything that the piece wrote. */
#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"
#include "pool.h"

typedef struct Worker {
    Pool *pool;
    P2cContext *ctx;
    pthread_t thread;
} Worker;

struct Pool {
    pthread_mutex_t lock;
    /* started: a job was started, or the pool is closing; finished: the last piece was finished */
    pthread_cond_t started, finished;
    PoolWork *work;
    void *job;
    int count, begun, done; /* begun: pieces 0 to begun-1 are being worked on or done */
    bool closing;
    P2cContext *ctx; /* the context of the calling thread */
    int threads;
    Worker workers[];
};

/* Called with the lock held; releases it while the piece is worked on. */
static void do_piece(Pool *pool, P2cContext *ctx) {
    int i = pool->begun++;
    pthread_mutex_unlock(&pool->lock);
    pool->work(pool->job, ctx, i);
    pthread_mutex_lock(&pool->lock);
    if (++pool->done == pool->count) pthread_cond_signal(&pool->finished);
}

static void *serve(void *worker) {
    Pool *pool = ((Worker *)worker)->pool;
    pthread_mutex_lock(&pool->lock);
    while (!pool->closing)
        if (pool->begun < pool->count) do_piece(pool, ((Worker *)worker)->ctx);
        else pthread_cond_wait(&pool->started, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

/* Starts a thread that takes no signals, so that they reach the thread that waits for them. */
static int start_worker(Pool *pool, Worker *worker) {
    sigset_t all, before;
    worker->pool = pool;
    if (p2c_context_new(&worker->ctx, "cpu", 1)) {
        complain("%s", p2c_error(worker->ctx));
        p2c_context_free(&worker->ctx);
        return EXIT_MEMORY;
    }
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&worker->thread, NULL, serve, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!error) return 0;
    complain("cannot start thread %d for pictures: %s; try fewer", pool->threads + 1,
             strerror(error));
    p2c_context_free(&worker->ctx);
    return EXIT_MEMORY;
}

int pool_open(Pool **out, int threads) {
    assert(threads >= 0);
    Pool *pool = *out = calloc(1, sizeof *pool + (size_t)threads * sizeof *pool->workers);
    if (!pool || p2c_context_new(&pool->ctx, "cpu", 1)) {
        complain("out of memory: threads for pictures");
        if (pool) p2c_context_free(&pool->ctx);
        free(pool);
        *out = NULL;
        return EXIT_MEMORY;
    }
    pthread_condattr_t steady; /* the waits use the same clock as now_ms */
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->finished, &steady);
    pthread_condattr_destroy(&steady);
    pthread_cond_init(&pool->started, NULL);
    pthread_mutex_init(&pool->lock, NULL);
    int code = 0;
    for (; pool->threads < threads && !code; pool->threads += !code)
        code = start_worker(pool, &pool->workers[pool->threads]);
    if (code) pool_close(out);
    return code;
}

void pool_close(Pool **out) {
    Pool *pool = *out;
    if (!pool) return;
    pool_stop(pool);
    pthread_mutex_lock(&pool->lock);
    pool->closing = true;
    pthread_cond_broadcast(&pool->started);
    pthread_mutex_unlock(&pool->lock);
    for (int i = 0; i < pool->threads; i++) {
        pthread_join(pool->workers[i].thread, NULL);
        p2c_context_free(&pool->workers[i].ctx);
    }
    pthread_mutex_destroy(&pool->lock);
    pthread_cond_destroy(&pool->started);
    pthread_cond_destroy(&pool->finished);
    p2c_context_free(&pool->ctx);
    free(pool);
    *out = NULL;
}

void pool_start(Pool *pool, PoolWork *work, void *job, int count) {
    pthread_mutex_lock(&pool->lock);
    assert(pool->done == pool->count);
    pool->work = work;
    pool->job = job;
    pool->count = count;
    pool->begun = pool->done = 0;
    pthread_cond_broadcast(&pool->started);
    pthread_mutex_unlock(&pool->lock);
}

int pool_wait(Pool *pool, int milliseconds) {
    double end = milliseconds < 0 ? 1e15 : now_ms() + milliseconds; /* 1e15 ms is 30,000 years */
    struct timespec until = { .tv_sec = (time_t)(end / 1e3) };
    until.tv_nsec = (long)((end - 1e3 * (double)until.tv_sec) * 1e6);
    pthread_mutex_lock(&pool->lock);
    while (pool->done < pool->count && now_ms() < end)
        if (pool->begun < pool->count) do_piece(pool, pool->ctx);
        else pthread_cond_timedwait(&pool->finished, &pool->lock, &until);
    int done = pool->done;
    pthread_mutex_unlock(&pool->lock);
    return done;
}

void pool_stop(Pool *pool) {
    pthread_mutex_lock(&pool->lock);
    pool->count = pool->begun;
    while (pool->done < pool->count) pthread_cond_wait(&pool->finished, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

P2cContext *pool_context(Pool *pool) { return pool->ctx; }

/* worker.h: what a thread of the operating system keeps of the block it runs: shared by block.cc,
 * which lets the block's threads take turns, and by waiting.cc, where they wait. */
#ifndef EMULATED_WORKER_H
#define EMULATED_WORKER_H

#include "block.h"
#include "fiber.h"

enum { LANES = 32, MOST_THREADS = 1024, MOST_WARPS = MOST_THREADS / LANES };

enum ThreadState { NOT_BEGUN, GOES_ON, AT_BARRIER, IN_WARP, EXITED };

struct Copy {
    void *to;
    const void *from; /* NULL: zeros */
    size_t bytes;
    int group;
    Copy *next;
};

struct Thread {
    uint3 index;
    ThreadState state;
    EmulatedPlace at; /* where it waits */
    Fiber *fiber;     /* whose stack holds it */
    void *mine;       /* in a warp: what it has to say */
    Copy *copies, **copies_end;
    int groups; /* of copies, committed so far */
};

/* Lanes that wait for each other: all those of `mask` that live. */
struct WarpGroup {
    unsigned mask, arrived;
    EmulatedWarpFunction *all;
    EmulatedPlace at;
};

struct Warp {
    unsigned living;
    int count; /* of groups; more than one when lanes split up */
    WarpGroup group[LANES];
};

struct Worker {
    const EmulatedLaunch *launch;
    EmulatedOrder order;
    uint64_t seed;
    int threads, begun, living;
    int current;                     /* thread */
    int arrived, predicates, result; /* of the barrier */
    EmulatedPlace barrier;
    int ready[MOST_THREADS], first_ready, ready_count; /* a ring: who may go on */
    Thread thread[MOST_THREADS];
    Warp warp[MOST_WARPS];
    Fiber system; /* the operating system's stack */
    Fiber *running, *idle;
    Copy *idle_copies;
    Worker *next; /* in the list of all */
    bool owned;   /* by a thread of the operating system */
};

Worker *worker_get();

static inline Thread *worker_thread(Worker *w) { return &w->thread[w->current]; }

/* Lets the others run until the current thread is ready again. */
void worker_wait(Worker *w, ThreadState state, EmulatedPlace at);

/* Thread `i` may go on. */
void worker_ready(Worker *w, int i);

/* After a thread has exited: those who waited for it alone go on. */
void barrier_exited(Worker *w, int i);

/* Ends the program: what is wrong, and where all threads of the block are. */
[[noreturn]] void worker_abort(Worker *w, const char *wrong);

#endif

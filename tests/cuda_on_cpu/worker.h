/* worker.h: the state of the block that a thread of the operating system runs. Shared by block.cc,
 * which lets the block's threads take turns, and waiting.cc, where they wait. */
#ifndef EMULATED_WORKER_H
#define EMULATED_WORKER_H

#include "block.h"
#include "fiber.h"

enum { LANES = 32, MOST_THREADS = 1024, MOST_WARPS = MOST_THREADS / LANES };

enum ThreadState { NOT_BEGUN, GOES_ON, AT_BARRIER, IN_WARP, EXITED };

struct Copy {
    void *to;
    const void *from; /* NULL for zeros */
    size_t bytes;
    int group;
    Copy *next;
};

struct Thread {
    uint3 index;
    ThreadState state;
    EmulatedPlace at; /* where it waits */
    Fiber *fiber;     /* the fiber that has it on its stack */
    void *mine;       /* in a warp operation: its own value */
    Copy *copies, **copies_end;
    int groups; /* number of groups of copies committed so far */
};

/* Lanes that wait for each other: all lanes of `mask` that have not exited. */
struct WarpGroup {
    unsigned mask, arrived;
    EmulatedWarpFunction *all;
    EmulatedPlace at;
};

struct Warp {
    unsigned living;
    int count; /* number of groups; more than one if lanes diverge */
    WarpGroup group[LANES];
};

struct Worker {
    const EmulatedLaunch *launch;
    EmulatedOrder order;
    uint64_t seed;
    int threads, begun, living;
    int current;                     /* the running thread */
    int arrived, predicates, result; /* of the barrier */
    EmulatedPlace barrier;
    int ready[MOST_THREADS], first_ready, ready_count; /* a ring of the threads that can go on */
    Thread thread[MOST_THREADS];
    Warp warp[MOST_WARPS];
    Fiber system; /* the operating system's stack */
    Fiber *running, *idle;
    Copy *idle_copies;
    Worker *next; /* the next one in the list of all workers */
    bool owned;   /* in use by a thread of the operating system */
};

Worker *worker_get();

static inline Thread *worker_thread(Worker *w) { return &w->thread[w->current]; }

/* Lets the others run until the current thread is ready again. */
void worker_wait(Worker *w, ThreadState state, EmulatedPlace at);

/* Thread `i` may go on. */
void worker_ready(Worker *w, int i);

/* Called after a thread has exited: threads that waited only for it go on. */
void barrier_exited(Worker *w, int i);

/* Ends the program with a message about what is wrong and where all threads of the block are. */
[[noreturn]] void worker_abort(Worker *w, const char *wrong);

#endif

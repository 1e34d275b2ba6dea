/* block.cc: lets the threads of a block take turns, see block.h. */
#include "block.h"

#include <mutex>
#include <stdio.h>

#include "worker.h"

constinit thread_local uint3 threadIdx = {}, blockIdx = {};
constinit thread_local dim3 blockDim, gridDim;

/* ---- workers --------------------------------------------------------------------------------- */

/* All workers. Those of threads that have ended wait for new threads, because making their stacks
 * is expensive. */
static std::mutex workers_lock;
static Worker *workers;

static Worker *idle_worker() {
    for (Worker *w = workers; w; w = w->next)
        if (!w->owned) return w;
    Worker *w = (Worker *)calloc(1, sizeof *w);
    w->next = workers;
    return workers = w;
}

struct OwnWorker {
    Worker *worker;
    OwnWorker() {
        std::lock_guard<std::mutex> held(workers_lock);
        worker = idle_worker();
        worker->owned = true;
        worker->system = fiber_of_system();
    }
    ~OwnWorker() {
        std::lock_guard<std::mutex> held(workers_lock);
        worker->owned = false;
    }
};

static constinit thread_local Worker *own_worker;

Worker *worker_get() {
    if (own_worker) return own_worker;
    static thread_local OwnWorker own;
    return own_worker = own.worker;
}

/* ---- order ----------------------------------------------------------------------------------- */

static uint64_t mixed(uint64_t x) {
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

static uint64_t divisor(uint64_t a, uint64_t b) { return b ? divisor(b, a % b) : a; }

size_t order_at(EmulatedOrder order, size_t i, size_t count, uint64_t seed) {
    if (order == EMULATED_FORWARD) return i;
    if (order == EMULATED_REVERSE) return count - 1 - i;
    uint64_t draw = mixed(seed + 0x9E3779B97F4A7C15u), step = draw % count;
    while (divisor(step, count) != 1) step++;
    return (size_t)((mixed(draw) % count + i * (step % count)) % count);
}

/* ---- turns ----------------------------------------------------------------------------------- */

void worker_ready(Worker *w, int i) {
    w->thread[i].state = GOES_ON;
    w->ready[(w->first_ready + w->ready_count++) % MOST_THREADS] = i;
}

static void go_on(Worker *w, int i) {
    w->current = i;
    threadIdx = w->thread[i].index;
}

static void change_to(Worker *w, Fiber *fiber) {
    Fiber *from = w->running;
    if (from == fiber) return;
    w->running = fiber;
    fiber_switch(from, fiber);
}

static void fiber_body();

/* The running fiber has nothing to do, or waits; another one gets its turn. */
static void leave(Worker *w) {
    if (w->ready_count) {
        int i = w->ready[w->first_ready];
        w->first_ready = (w->first_ready + 1) % MOST_THREADS;
        w->ready_count--;
        go_on(w, i);
        change_to(w, w->thread[i].fiber);
    } else if (w->begun < w->threads) {
        Fiber *fiber = w->idle;
        if (fiber) w->idle = fiber->next;
        else fiber = fiber_new(fiber_body);
        change_to(w, fiber);
    } else if (w->living == 0) {
        change_to(w, &w->system);
    } else {
        worker_abort(w, "threads wait for each other for ever");
    }
}

void worker_wait(Worker *w, ThreadState state, EmulatedPlace at) {
    Thread *t = worker_thread(w);
    t->state = state;
    t->at = at;
    leave(w);
}

static void begin(Worker *w) {
    int i = (int)order_at(w->order, (size_t)w->begun++, (size_t)w->threads, w->seed);
    go_on(w, i);
    w->thread[i].state = GOES_ON;
    w->thread[i].fiber = w->running;
    w->launch->thread();
}

static void drop_copies(Worker *w, Thread *t) {
    if (!t->copies) return;
    *t->copies_end = w->idle_copies;
    w->idle_copies = t->copies;
    t->copies = NULL;
}

static void end(Worker *w) {
    int i = w->current;
    w->thread[i].state = EXITED;
    drop_copies(w, &w->thread[i]);
    w->living--;
    barrier_exited(w, i);
}

/* Runs one thread after the other to its end, until others are ready or no thread is left to
 * begin. */
static void fiber_body() {
    Worker *w = worker_get();
    fiber_begun();
    for (;;) {
        while (!w->ready_count && w->begun < w->threads) {
            begin(w);
            end(w);
        }
        w->running->next = w->idle;
        w->idle = w->running;
        leave(w);
    }
}

/* ---- blocks ---------------------------------------------------------------------------------- */

static void prepare(Worker *w, const EmulatedLaunch *launch, uint3 index, EmulatedOrder order) {
    dim3 b = launch->block, g = launch->grid;
    w->launch = launch;
    w->order = order;
    w->seed = index.x + (uint64_t)g.x * (index.y + (uint64_t)g.y * index.z);
    w->threads = w->living = (int)(b.x * b.y * b.z);
    w->begun = w->arrived = w->predicates = w->first_ready = w->ready_count = 0;
    w->running = &w->system;
    blockIdx = index;
    blockDim = b;
    gridDim = g;
    for (int i = 0; i < w->threads; i++) {
        Thread *t = &w->thread[i];
        unsigned u = (unsigned)i;
        t->index = { u % b.x, u / b.x % b.y, u / (b.x * b.y) };
        t->state = NOT_BEGUN;
        t->copies = NULL;
        t->groups = 0;
    }
    for (int first = 0; first < w->threads; first += LANES) {
        int lanes = min(w->threads - first, (int)LANES);
        w->warp[first / LANES].living = 0xFFFFFFFFu >> (LANES - lanes);
        w->warp[first / LANES].count = 0;
    }
}

void block_run(const EmulatedLaunch *launch, uint3 index, EmulatedOrder order) {
    Worker *w = worker_get();
    prepare(w, launch, index, order);
    leave(w);
}

/* ---- the end --------------------------------------------------------------------------------- */

static const char *const states[] = { "have not begun", "can go on",
                                      "wait at a barrier of the block",
                                      "wait in an operation of the warp", "have exited" };

static bool same_place(const Thread *a, const Thread *b) {
    if (a->state != b->state) return false;
    return (a->state != AT_BARRIER && a->state != IN_WARP) ||
           (a->at.line == b->at.line && !strcmp(a->at.file, b->at.file));
}

/* Prints threads that are at the same place as one line: how many, and the first of them. */
static void tell(const Worker *w, int first) {
    const Thread *t = &w->thread[first];
    int count = 0;
    for (int i = 0; i < w->threads; i++) {
        if (!same_place(&w->thread[i], t)) continue;
        if (i < first) return; /* printed already */
        count++;
    }
    fprintf(stderr, "    %4d of %d threads %s", count, w->threads, states[t->state]);
    if (t->state == AT_BARRIER || t->state == IN_WARP)
        fprintf(stderr, ", %s:%d", t->at.file, t->at.line);
    fprintf(stderr, "; the first is thread (%u, %u, %u), lane %d of warp %d\n", t->index.x,
            t->index.y, t->index.z, first % LANES, first / LANES);
}

void worker_abort(Worker *w, const char *wrong) {
    static std::mutex once; /* other blocks may print the same message */
    once.lock();
    fprintf(stderr, "cuda_on_cpu: kernel %s (%s), block (%u, %u, %u), thread (%u, %u, %u): %s\n",
            w->launch->kernel, w->launch->file, blockIdx.x, blockIdx.y, blockIdx.z, threadIdx.x,
            threadIdx.y, threadIdx.z, wrong);
    for (int i = 0; i < w->threads; i++) tell(w, i);
    abort();
}

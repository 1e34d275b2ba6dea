/* waiting.cc: where the threads of a block wait: barriers, operations of a warp, copies under
 * way. */
#include <stdio.h>

#include "worker.h"

static bool same(EmulatedPlace a, EmulatedPlace b) {
    return a.line == b.line && (a.file == b.file || !strcmp(a.file, b.file));
}

/* ---- the block's barrier --------------------------------------------------------------------- */

/* All threads have arrived: the predicates are counted, and all go on. */
static void release(Worker *w) {
    w->result = w->predicates;
    w->arrived = w->predicates = 0;
    for (int k = 0; k < w->threads; k++) {
        int i = (int)order_at(w->order, (size_t)k, (size_t)w->threads, w->seed);
        if (w->thread[i].state == AT_BARRIER) worker_ready(w, i);
    }
    w->seed += 0x632BE59BD9B4E019u; /* a different order from here on */
}

int emulated_barrier(bool predicate, EmulatedPlace at) {
    Worker *w = worker_get();
    Thread *t = worker_thread(w);
    if (w->arrived && !same(w->barrier, at)) {
        t->state = AT_BARRIER;
        t->at = at;
        worker_abort(w, "threads of one block wait at different barriers");
    }
    w->barrier = at;
    w->predicates += predicate;
    if (++w->arrived == w->living) release(w);
    else worker_wait(w, AT_BARRIER, at);
    return w->result;
}

/* ---- warps ----------------------------------------------------------------------------------- */

int emulated_lane() { return worker_get()->current % LANES; }

/* The lanes of the group that have arrived go on, except `but`. */
static void complete(Worker *w, int warp, WarpGroup *g, int but) {
    void *lanes[LANES];
    WarpGroup done = *g;
    *g = w->warp[warp].group[--w->warp[warp].count];
    for (int lane = 0; lane < LANES; lane++)
        lanes[lane] = done.arrived >> lane & 1 ? w->thread[warp * LANES + lane].mine : NULL;
    done.all(lanes);
    for (int k = 0; k < LANES; k++) {
        int lane = (int)order_at(w->order, (size_t)k, LANES, w->seed + (uint64_t)warp);
        if ((done.arrived >> lane & 1) && lane != but) worker_ready(w, warp * LANES + lane);
    }
}

static WarpGroup *group_of(Warp *warp, unsigned mask) {
    for (int i = 0; i < warp->count; i++)
        if (warp->group[i].mask == mask) return &warp->group[i];
    WarpGroup *g = &warp->group[warp->count++];
    *g = { mask, 0, NULL, { NULL, 0 } };
    return g;
}

void emulated_warp(unsigned mask, EmulatedWarpFunction *all, void *mine, EmulatedPlace at) {
    Worker *w = worker_get();
    Thread *t = worker_thread(w);
    int lane = w->current % LANES, warp = w->current / LANES;
    WarpGroup *g = group_of(&w->warp[warp], mask);
    t->mine = mine;
    t->at = at;
    if (!(mask >> lane & 1) || (g->arrived && (g->all != all || !same(g->at, at)))) {
        t->state = IN_WARP;
        worker_abort(w, mask >> lane & 1 ? "lanes of one warp wait in different operations"
                                         : "the lane's own bit in the mask is 0");
    }
    g->all = all;
    g->at = at;
    g->arrived |= 1u << lane;
    if (g->arrived == (mask & w->warp[warp].living)) complete(w, warp, g, lane);
    else worker_wait(w, IN_WARP, at);
}

void emulated_vote_all(void *const lanes[32]) {
    unsigned result = 0;
    for (int i = 0; i < LANES; i++)
        if (lanes[i] && ((EmulatedVote *)lanes[i])->predicate) result |= 1u << i;
    for (int i = 0; i < LANES; i++)
        if (lanes[i]) ((EmulatedVote *)lanes[i])->result = result;
}

void barrier_exited(Worker *w, int i) {
    Warp *warp = &w->warp[i / LANES];
    if (w->arrived && w->arrived == w->living) release(w);
    warp->living &= ~(1u << i % LANES);
    for (int k = warp->count - 1; k >= 0; k--)
        if (warp->group[k].arrived == (warp->group[k].mask & warp->living))
            complete(w, i / LANES, &warp->group[k], -1);
}

/* ---- copies under way ------------------------------------------------------------------------ */

void emulated_copy_begin(void *to, const void *from, size_t bytes) {
    Worker *w = worker_get();
    Thread *t = worker_thread(w);
    if ((uintptr_t)to % bytes || (uintptr_t)from % bytes)
        worker_abort(w, "cp_async of an address that is not a multiple of its size");
    Copy *c = w->idle_copies;
    if (c) w->idle_copies = c->next;
    else c = (Copy *)malloc(sizeof *c);
    *c = { to, from, bytes, t->groups, NULL };
    if (!t->copies) t->copies_end = &t->copies;
    *t->copies_end = c;
    t->copies_end = &c->next;
}

void emulated_copy_commit() { worker_thread(worker_get())->groups++; }

/* Makes the copies of older groups now, not earlier, so that a thread that reads without waiting
 * reads old bytes. */
void emulated_copy_wait(int groups) {
    Worker *w = worker_get();
    Thread *t = worker_thread(w);
    while (t->copies && t->copies->group < t->groups - groups) {
        Copy *c = t->copies;
        if (c->from) memcpy(c->to, c->from, c->bytes);
        else memset(c->to, 0, c->bytes);
        t->copies = c->next;
        c->next = w->idle_copies;
        w->idle_copies = c;
    }
}

/* schedule.c: for devices with several streams, which steps may overtake which.
 *
 *   1. order   before the plan: steps by depth, so that chains which do not depend on each other,
 *              such as the two directions of a training
 *              step, alternate:   A1 A2 A3 ... B1 B2 B3 ...   ->   A1 B1 A2 B2 A3 B3 ...
 *   2. rest    while planning: memory that was let go of is not given away again at once, for then
 *              the next step would have to wait
 *   3. streams   after the plan: a step goes on in the stream of the step it depends on; of other
 *                streams it waits for what it depends on there
 *
 * Step j depends on an earlier step i when one of them writes what the other touches: by buffer in
 * 1, by bytes of the arena in 3, which reuses them. So the results have the same bits in any order
 * that keeps to this, sums into one gradient included. */
#include <stdlib.h>
#include <string.h>

#include "graph.h"

/* Calls `visit` for every buffer that the step reads or writes; one that shares another's memory
 * is the other. */
static void visit_touched(const P2cStep *step, void (*visit)(void *of, P2cBuffer *b, bool writes),
                          void *of) {
    for (int i = 0; i < step->touched_count; i++)
        visit(of, p2c_buffer_root(step->touched[i].buffer), step->touched[i].writes);
}

/* The operation whose steps are best left side by side, since its kernel takes many at once; or
 * none. */
static const P2cOp *gathered(const P2cGraph *graph, const P2cStep *step) {
    if (step->kind != P2C_STEP_FORWARD) return NULL;
    return graph->ctx->device->kernels[step->node->op->id]->many ? step->node->op : NULL;
}

int p2c_together(const P2cGraph *graph, int i, int most) {
    const P2cOp *op = gathered(graph, &graph->steps[i]);
    int n = 1;
    while (op && n < most && i + n < graph->step_count &&
           gathered(graph, &graph->steps[i + n]) == op)
        n++;
    return n;
}

/* ---- 1. order -------------------------------------------------------------------------------- */

/* The depth of a step is one more than that of the deepest step it depends on; within a gathered
 * operation, no more. */
typedef struct Depth {
    const P2cOp *op;
    int depth;
} Depth;

static void deepen(Depth *d, int depth, const P2cOp *op) {
    int least = op && op == d->op ? depth : depth + 1;
    if (least > d->depth) d->depth = least;
}

static void look(void *of, P2cBuffer *b, bool writes) {
    deepen(of, b->write_depth, b->writer);
    if (writes) deepen(of, b->read_depth, NULL);
}

static void leave(void *of, P2cBuffer *b, bool writes) {
    const Depth *d = of;
    if (writes) b->write_depth = d->depth, b->writer = d->op, b->read_depth = -1;
    else if (d->depth > b->read_depth) b->read_depth = d->depth;
}

static int by_depth(const void *a, const void *b) {
    const P2cStep *x = a, *y = b;
    if (x->depth != y->depth) return x->depth - y->depth;
    if (x->gather != y->gather) return x->gather - y->gather;
    return x->built - y->built;
}

void p2c_order(P2cGraph *graph) {
    for (int i = 0; i < graph->buffer_count; i++)
        graph->buffers[i]->write_depth = graph->buffers[i]->read_depth = -1;
    for (int i = 0; i < graph->step_count; i++) {
        P2cStep *step = &graph->steps[i];
        Depth d = { gathered(graph, step), 0 };
        visit_touched(step, look, &d);
        visit_touched(step, leave, &d);
        step->depth = d.depth;
        step->gather = d.op ? (int)d.op->id : -1;
        step->built = i;
    }
    if (graph->step_count)
        qsort(graph->steps, (size_t)graph->step_count, sizeof *graph->steps, by_depth);
}

/* ---- 3. streams ------------------------------------------------------------------------------ */

/* The arena is cut at all places where a buffer begins or ends; memory outside of it (parameters)
 * is a piece each. */
typedef struct Piece {
    /* the newest step that wrote it, and by stream the newest since that read it; -1: none */
    int writer, readers[P2C_MAX_STREAMS];
} Piece;

typedef struct Streams {
    P2cGraph *graph;
    int count;
    size_t *cuts;
    int cut_count, piece_count;
    Piece *pieces;
    /* [step][stream]: up to where that stream is surely done when this step runs */
    int *seen;
    int tail[P2C_MAX_STREAMS];  /* the newest step in each; -1: none */
    int step;                   /* at hand, and */
    int after[P2C_MAX_STREAMS]; /* by stream, the newest step that it depends on */
} Streams;

static int by_value(const void *a, const void *b) {
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return x < y ? -1 : x > y;
}

static int cut_at(const Streams *l, size_t offset) {
    return (
        int)((size_t *)bsearch(&offset, l->cuts, (size_t)l->cut_count, sizeof *l->cuts, by_value) -
             l->cuts);
}

static bool cut_arena(Streams *l) {
    const P2cGraph *graph = l->graph;
    int n = 0, unique = 0;
    if (!(l->cuts = malloc(2 * ((size_t)graph->buffer_count + 1) * sizeof *l->cuts))) return false;
    for (int i = 0; i < graph->buffer_count; i++) {
        const P2cBuffer *b = graph->buffers[i];
        if (b->placed) l->cuts[n++] = b->offset, l->cuts[n++] = b->offset + b->bytes;
    }
    qsort(l->cuts, (size_t)n, sizeof *l->cuts, by_value);
    for (int i = 0; i < n; i++)
        if (!i || l->cuts[i] != l->cuts[unique - 1]) l->cuts[unique++] = l->cuts[i];
    l->cut_count = l->piece_count = unique;
    for (int i = 0; i < graph->buffer_count; i++) {
        P2cBuffer *b = graph->buffers[i];
        if (b->same) continue;
        b->piece = b->placed ? cut_at(l, b->offset) : l->piece_count++;
        b->piece_end = b->placed ? cut_at(l, b->offset + b->bytes) : b->piece + 1;
    }
    return true;
}

static void depend(Streams *l, int step) {
    if (step < 0 || step == l->step) return;
    int *after = &l->after[l->graph->steps[step].stream];
    if (step > *after) *after = step;
}

static void find_dependencies(void *of, P2cBuffer *b, bool writes) {
    Streams *l = of;
    for (int i = b->piece; i < b->piece_end; i++) {
        depend(l, l->pieces[i].writer);
        for (int k = 0; writes && k < l->count; k++) depend(l, l->pieces[i].readers[k]);
    }
}

static void leave_traces(void *of, P2cBuffer *b, bool writes) {
    Streams *l = of;
    for (int i = b->piece; i < b->piece_end; i++) {
        Piece *p = &l->pieces[i];
        if (!writes) p->readers[l->graph->steps[l->step].stream] = l->step;
        else if (p->writer != l->step) {
            p->writer = l->step;
            for (int k = 0; k < l->count; k++) p->readers[k] = -1;
        }
    }
}

/* The stream of the newest step among the dependencies that is the last in its stream; else the one
 * that has been quiet longest. */
static int choose_stream(const Streams *l) {
    int next = -1, quiet = 0;
    for (int k = 0; k < l->count; k++) {
        if (l->after[k] >= 0 && l->after[k] == l->tail[k] &&
            (next < 0 || l->after[k] > l->after[next]))
            next = k;
        if (l->tail[k] < l->tail[quiet]) quiet = k;
    }
    return next >= 0 ? next : quiet;
}

/* What steps before it have waited for need not be waited for again. */
static void wait_for(Streams *l, P2cStep *step) {
    int *seen = l->seen + (size_t)l->step * (size_t)l->count;
    int before = l->tail[step->stream];
    for (int k = 0; k < l->count; k++)
        seen[k] = before >= 0 ? l->seen[(size_t)before * (size_t)l->count + (size_t)k] : -1;
    for (int k = 0; k < l->count; k++) {
        int other = l->after[k];
        step->waits[k] = k != step->stream && other > seen[k] ? other : -1;
        if (step->waits[k] < 0) continue;
        l->graph->steps[other].is_awaited = true;
        for (int j = 0; j < l->count; j++) {
            int theirs = l->seen[(size_t)other * (size_t)l->count + (size_t)j];
            if (theirs > seen[j]) seen[j] = theirs;
        }
    }
    seen[step->stream] = l->step;
}

/* Steps i to i+n-1, which one kernel takes together, as one: known by the number i. */
static void assign(Streams *l, int i, int n) {
    P2cStep *steps = l->graph->steps;
    l->step = i;
    for (int k = 0; k < l->count; k++) l->after[k] = -1;
    for (int j = i; j < i + n; j++) visit_touched(&steps[j], find_dependencies, l);
    steps[i].stream = choose_stream(l);
    wait_for(l, &steps[i]);
    for (int j = i; j < i + n; j++) visit_touched(&steps[j], leave_traces, l);
    l->tail[steps[i].stream] = i;
}

P2cStatus p2c_assign_streams(P2cGraph *graph) {
    Streams l = { .graph = graph, .count = graph->ctx->device->streams };
    bool ok = cut_arena(&l);
    l.pieces = malloc(((size_t)l.piece_count + 1) * sizeof *l.pieces);
    l.seen = malloc(((size_t)graph->step_count + 1) * (size_t)l.count * sizeof *l.seen);
    if (ok && l.pieces && l.seen) {
        memset(l.pieces, 0xFF, (size_t)l.piece_count * sizeof *l.pieces); /* -1 */
        for (int k = 0; k < l.count; k++) l.tail[k] = -1;
        for (int i = 0, n; i < graph->step_count; i += n) {
            n = p2c_together(graph, i, P2C_MOST_CALLS);
            assign(&l, i, n);
        }
    } else {
        p2c_graph_fail(graph, P2C_ERR_MEMORY, "out of memory while planning");
    }
    free(l.cuts);
    free(l.pieces);
    free(l.seen);
    return graph->status;
}

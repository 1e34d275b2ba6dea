/* schedule.c: for devices with several streams, which steps may overtake which.
 *
 *   1. order     before the plan: steps are sorted by depth, so that independent chains, such as
 *                the two directions of a training step, alternate:
 *                    A1 A2 A3 ... B1 B2 B3 ...   ->   A1 B1 A2 B2 A3 B3 ...
 *   2. rest      in the plan: memory is not reused at once, or the next step would have to wait
 *   3. streams   after the plan: a step goes into the stream of a step that it depends on, and
 *                waits for those in other streams that it depends on
 *
 * Step j depends on an earlier step i if one of them writes what the other touches. In 1 that is a
 * buffer, in 3 a piece of the arena, which several buffers use in turn. Any order that respects the
 * dependencies gives the same bits, also where several steps add to one gradient. */
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

/* The step's operation if its kernel takes many steps at once, so that they should be neighbours;
 * else NULL. */
static const P2cOp *gathered_op(const P2cGraph *graph, const P2cStep *step) {
    if (step->kind != P2C_STEP_FORWARD) return NULL;
    return graph->ctx->device->kernels[step->node->op->id]->many ? step->node->op : NULL;
}

int p2c_together(const P2cGraph *graph, int i, int most) {
    const P2cOp *op = gathered_op(graph, &graph->steps[i]);
    int n = 1;
    while (op && n < most && i + n < graph->step_count &&
           gathered_op(graph, &graph->steps[i + n]) == op)
        n++;
    return n;
}

/* ---- 1. order -------------------------------------------------------------------------------- */

/* The depth of a step is one more than that of the deepest step it depends on. It is the same if
 * both are of one gathered operation. */
typedef struct Depth {
    const P2cOp *op;
    int depth;
} Depth;

static void deepen_step(Depth *d, int depth, const P2cOp *op) {
    int least = op && op == d->op ? depth : depth + 1;
    if (least > d->depth) d->depth = least;
}

static void look_at_buffer(void *of, P2cBuffer *b, bool writes) {
    deepen_step(of, b->write_depth, b->writer);
    if (writes) deepen_step(of, b->read_depth, NULL);
}

static void leave_depth(void *of, P2cBuffer *b, bool writes) {
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
        Depth d = { gathered_op(graph, step), 0 };
        visit_touched(step, look_at_buffer, &d);
        visit_touched(step, leave_depth, &d);
        step->depth = d.depth;
        step->gather = d.op ? (int)d.op->id : -1;
        step->built = i;
    }
    if (graph->step_count)
        qsort(graph->steps, (size_t)graph->step_count, sizeof *graph->steps, by_depth);
}

/* ---- 3. streams ------------------------------------------------------------------------------ */

/* A piece of the arena between two places where a buffer begins or ends. Each buffer outside of the
 * arena, such as a parameter, is one piece. */
typedef struct Piece {
    /* the newest step that wrote it, and for each stream the newest that has read it since; -1:
     * none */
    int writer, readers[P2C_MAX_STREAMS];
} Piece;

typedef struct Streams {
    P2cGraph *graph;
    int count;
    size_t *cuts;
    int cut_count, piece_count;
    Piece *pieces;
    /* [step][stream]: the last step of that stream that is certainly done when this step runs */
    int *seen;
    int tail[P2C_MAX_STREAMS];  /* the newest step in each stream; -1: none */
    int step;                   /* the step that is being assigned */
    int after[P2C_MAX_STREAMS]; /* for each stream the newest step that it depends on; -1: none */
} Streams;

static int by_value(const void *a, const void *b) {
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return x < y ? -1 : x > y;
}

static int cut_at(const Streams *s, size_t offset) {
    return (
        int)((size_t *)bsearch(&offset, s->cuts, (size_t)s->cut_count, sizeof *s->cuts, by_value) -
             s->cuts);
}

static bool cut_arena(Streams *s) {
    const P2cGraph *graph = s->graph;
    int n = 0, unique = 0;
    if (!(s->cuts = malloc(2 * ((size_t)graph->buffer_count + 1) * sizeof *s->cuts))) return false;
    for (int i = 0; i < graph->buffer_count; i++) {
        const P2cBuffer *b = graph->buffers[i];
        if (b->placed) s->cuts[n++] = b->offset, s->cuts[n++] = b->offset + b->bytes;
    }
    qsort(s->cuts, (size_t)n, sizeof *s->cuts, by_value);
    for (int i = 0; i < n; i++)
        if (!i || s->cuts[i] != s->cuts[unique - 1]) s->cuts[unique++] = s->cuts[i];
    s->cut_count = s->piece_count = unique;
    for (int i = 0; i < graph->buffer_count; i++) {
        P2cBuffer *b = graph->buffers[i];
        if (b->same) continue;
        b->piece = b->placed ? cut_at(s, b->offset) : s->piece_count++;
        b->piece_end = b->placed ? cut_at(s, b->offset + b->bytes) : b->piece + 1;
    }
    return true;
}

static void depend_on_step(Streams *s, int step) {
    if (step < 0 || step == s->step) return;
    int *after = &s->after[s->graph->steps[step].stream];
    if (step > *after) *after = step;
}

static void find_dependencies(void *of, P2cBuffer *b, bool writes) {
    Streams *s = of;
    for (int i = b->piece; i < b->piece_end; i++) {
        depend_on_step(s, s->pieces[i].writer);
        for (int k = 0; writes && k < s->count; k++) depend_on_step(s, s->pieces[i].readers[k]);
    }
}

static void leave_traces(void *of, P2cBuffer *b, bool writes) {
    Streams *s = of;
    for (int i = b->piece; i < b->piece_end; i++) {
        Piece *p = &s->pieces[i];
        if (!writes) p->readers[s->graph->steps[s->step].stream] = s->step;
        else if (p->writer != s->step) {
            p->writer = s->step;
            for (int k = 0; k < s->count; k++) p->readers[k] = -1;
        }
    }
}

/* The stream whose last step is a dependency, the newest such step; else the stream that has been
 * idle longest. */
static int choose_stream(const Streams *s) {
    int next = -1, quiet = 0;
    for (int k = 0; k < s->count; k++) {
        if (s->after[k] >= 0 && s->after[k] == s->tail[k] &&
            (next < 0 || s->after[k] > s->after[next]))
            next = k;
        if (s->tail[k] < s->tail[quiet]) quiet = k;
    }
    return next >= 0 ? next : quiet;
}

/* A step need not wait for anything that an earlier step of its stream has waited for. */
static void wait_for(Streams *s, P2cStep *step) {
    int *seen = s->seen + (size_t)s->step * (size_t)s->count;
    int before = s->tail[step->stream];
    for (int k = 0; k < s->count; k++)
        seen[k] = before >= 0 ? s->seen[(size_t)before * (size_t)s->count + (size_t)k] : -1;
    for (int k = 0; k < s->count; k++) {
        int other = s->after[k];
        step->waits[k] = k != step->stream && other > seen[k] ? other : -1;
        if (step->waits[k] < 0) continue;
        s->graph->steps[other].is_awaited = true;
        for (int j = 0; j < s->count; j++) {
            int theirs = s->seen[(size_t)other * (size_t)s->count + (size_t)j];
            if (theirs > seen[j]) seen[j] = theirs;
        }
    }
    seen[step->stream] = s->step;
}

/* Steps i to i+n-1, which one kernel takes together, count as one step, with the number i. */
static void assign_stream(Streams *s, int i, int n) {
    P2cStep *steps = s->graph->steps;
    s->step = i;
    for (int k = 0; k < s->count; k++) s->after[k] = -1;
    for (int j = i; j < i + n; j++) visit_touched(&steps[j], find_dependencies, s);
    steps[i].stream = choose_stream(s);
    wait_for(s, &steps[i]);
    for (int j = i; j < i + n; j++) visit_touched(&steps[j], leave_traces, s);
    s->tail[steps[i].stream] = i;
}

P2cStatus p2c_assign_streams(P2cGraph *graph) {
    Streams s = { .graph = graph, .count = graph->ctx->device->streams };
    bool ok = cut_arena(&s);
    s.pieces = malloc(((size_t)s.piece_count + 1) * sizeof *s.pieces);
    s.seen = malloc(((size_t)graph->step_count + 1) * (size_t)s.count * sizeof *s.seen);
    if (ok && s.pieces && s.seen) {
        memset(s.pieces, 0xFF, (size_t)s.piece_count * sizeof *s.pieces); /* -1 */
        for (int k = 0; k < s.count; k++) s.tail[k] = -1;
        for (int i = 0, n; i < graph->step_count; i += n) {
            n = p2c_together(graph, i, P2C_MOST_CALLS);
            assign_stream(&s, i, n);
        }
    } else {
        p2c_graph_fail(graph, P2C_ERR_MEMORY, "out of memory while planning");
    }
    free(s.cuts);
    free(s.pieces);
    free(s.seen);
    return graph->status;
}

/* graph.h: the inside of a graph, for the files of this folder and for tests. What others need is in
 * node.h.
 *
 *   build        nodes in order, leaves and operations                              graph.c, op/,
 *       minimize.c
 *   finish       fuse: patterns of nodes become one                                 fuse.c
 *                expand: nodes become steps; a backward marker becomes many         autodiff.c
 *                order: what may run side by side alternates                         schedule.c
 *                plan: every buffer gets a place in one arena                        plan.c
 *                streams: which step waits for which                                   schedule.c
 *   run          the steps, one kernel call each; or again what a device recorded   run.c
 */
#ifndef P2C_GRAPH_H
#define P2C_GRAPH_H

#include "base/context.h"
#include "base/device.h"
#include "node.h"
#include "params.h"

enum { P2C_ARENA_SPARE = 64 }; /* bytes that an arena is longer than its plan */

/* A piece of memory that the plan places. Alive from the step that first writes it to the one that
 * last touches it. */
typedef struct P2cBuffer {
    size_t bytes, offset;
    int first, last;        /* steps; first > last: unused */
    bool pinned;            /* outside the arena's sharing: alive always (inputs, constants) */
    bool placed;            /* in the arena */
    struct P2cBuffer *same; /* shares this other buffer's memory (views, in-place results) */
    void *memory;           /* of a parameter; else NULL until planned */
    int write_depth, read_depth, piece, piece_end;
    const P2cOp *writer; /* schedule.c */
} P2cBuffer;

/* The graph's part of a node. */
typedef struct P2cNodeState {
    P2cGraph *graph;
    int id; /* position in the order */
    P2cLeaf leaf;
    char *name;           /* owned, or NULL */
    P2cParam *param;      /* PARAM */
    float value;          /* CONSTANT */
    P2cNode *loss;        /* BACKWARD: what is differentiated */
    P2cNode *backward;    /* GRADIENT: its marker */
    P2cNode *gradient_of; /* GRADIENT: the node it belongs to */
    /* GRADIENT: of an earlier loss, which this one adds to; PARAM: one that waits for its update;
     * or NULL */
    P2cNode *earlier;
    bool is_output, is_needed;
    P2cNode *fused_into; /* this node's value is that node's, by a pattern */
    /* gradient: of the backward pass being expanded */
    P2cBuffer *buffer, *saved, *statistics, *gradient;
} P2cNodeState;

typedef enum P2cStepKind { P2C_STEP_FORWARD, P2C_STEP_BACKWARD, P2C_STEP_FILL } P2cStepKind;

typedef struct P2cStep {
    P2cStepKind kind;
    P2cNode *node;
    P2cBuffer *dy, *dx[P2C_MAX_OPERANDS];
    unsigned overwrite; /* BACKWARD */
    P2cBuffer *target;
    float value; /* FILL */
    P2cBuffer *work;
    size_t run_params;        /* its offset in the tail */
    P2cCall call;             /* filled by plan */
    int depth, gather, built; /* schedule.c: where it stands in the order, and stood */
    /* and by stream the step there that it waits for, -1: none */
    int stream, waits[P2C_MAX_STREAMS];
    bool is_awaited;
} P2cStep;

/* Steps that a kernel takes at once, at most. */
enum { P2C_MOST_CALLS = 4096 };

struct P2cGraph {
    P2cContext *ctx;
    P2cStatus status; /* of the first failed builder */
    char error[1024];
    bool finished;
    P2cNode **nodes;
    int node_count, node_capacity;
    P2cStep *steps;
    int step_count, step_capacity;
    P2cBuffer **buffers;
    int buffer_count, buffer_capacity;
    void *arena;
    size_t arena_bytes, arena_limit; /* limit 0: none */
    /* where in the arena the tail begins: run parameters, then small outputs, which the recording
     * carries back after every run */
    size_t tail;
    P2cRecording recording;
    bool no_reuse; /* tests: give every buffer memory of its own */
};

P2cNode *p2c_leaf_new(P2cGraph *graph, P2cLeaf leaf, const char *name, P2cDims dims);

/* The buffer whose memory it shares; or itself. NULL of NULL. */
static inline P2cBuffer *p2c_buffer_root(P2cBuffer *buffer) {
    while (buffer && buffer->same) buffer = buffer->same;
    return buffer;
}
/* NULL: memory is out, and the graph has failed */
P2cBuffer *p2c_buffer_new(P2cGraph *graph, size_t bytes);
P2cStep *p2c_step_new(P2cGraph *graph, P2cStepKind kind, P2cNode *node);
/* Grows an array of `size`-byte items to hold one more. false: memory is out. */
bool p2c_grow(void *array, int count, int *capacity, size_t size);

/* p2c_backward, which returns its marker; NULL: none. */
P2cNode *p2c_backward_new(P2cNode *loss, int count, P2cNode *const of[], P2cNode *grads[]);
P2cNode *p2c_gradient_new(P2cNode *marker, P2cNode *of); /* the leaf for one gradient */
void p2c_fuse(P2cGraph *graph);
P2cStatus p2c_expand(P2cGraph *graph);
P2cStatus p2c_plan(P2cGraph *graph);
/* For devices with several streams: orders the steps before they are planned, and gives each its
 * stream afterwards. */
void p2c_order(P2cGraph *graph);
P2cStatus p2c_assign_streams(P2cGraph *graph);
/* How many steps from i on one kernel takes together, at least 1. */
int p2c_together(const P2cGraph *graph, int i, int most);
/* Calls the kernel of one step. */
void p2c_issue_step(const P2cGraph *graph, const P2cStep *step);

#endif

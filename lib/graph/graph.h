/* graph.h: the inside of a graph, for the files of this folder and for tests. Others include
 * node.h.
 *
 *   build     nodes in order, leaves and operations               graph.c, minimize.c, lib/op
 *   finish    fuse: some pairs of nodes become one node           fuse.c
 *             expand: a node becomes a step, a backward marker
 *                 many; each lists what it touches                autodiff.c, step.c
 *             order: steps that may run side by side alternate    schedule.c
 *             plan: every buffer gets a place in one arena        plan.c
 *             streams: which step waits for which                 schedule.c
 *   run       one kernel call for each step, or the recording
 *             that the device made of them                        run.c
 */
#ifndef P2C_GRAPH_GRAPH_H
#define P2C_GRAPH_GRAPH_H

#include "base/context.h"
#include "base/device.h"
#include "node.h"
#include "params.h"

enum { P2C_ARENA_SPARE = 64 }; /* bytes that an arena is longer than its plan */

/* A piece of memory that the plan places. It is alive from the first step that touches it to the
 * last one. */
typedef struct P2cBuffer {
    size_t bytes, offset;
    int first, last;        /* steps; first > last: unused */
    bool pinned;            /* always alive (inputs, constants) */
    bool placed;            /* in the arena */
    struct P2cBuffer *same; /* shares this other buffer's memory (views, in-place results) */
    void *memory;           /* the store's; else NULL until planned */
    /* schedule.c */
    int write_depth, read_depth, piece, piece_end;
    const P2cOp *writer;
} P2cBuffer;

/* The graph's part of a node. */
typedef struct P2cNodeState {
    P2cGraph *graph;
    int id; /* position in the order */
    P2cLeaf leaf;
    char *name;           /* owned, or NULL */
    P2cParam *param;      /* PARAM */
    float *memory;        /* PARAM, MOMENT: the store's */
    float value;          /* CONSTANT */
    P2cNode *loss;        /* BACKWARD: what is differentiated */
    P2cNode *backward;    /* GRADIENT: its marker */
    P2cNode *gradient_of; /* GRADIENT: the node it belongs to */
    /* GRADIENT: the one of an earlier loss that this one adds to; PARAM: a gradient that waits for
     * its update; or NULL */
    P2cNode *earlier;
    bool is_output, is_needed;
    P2cNode *fused_into; /* the node whose kernel computes this one's value, too */
    /* gradient: of the backward pass that is being expanded */
    P2cBuffer *buffer, *saved, *statistics, *gradient;
} P2cNodeState;

typedef enum P2cStepKind { P2C_STEP_FORWARD, P2C_STEP_BACKWARD, P2C_STEP_FILL } P2cStepKind;

/* A buffer that a step reads, writes, or both. */
typedef struct P2cTouch {
    P2cBuffer *buffer;
    size_t slot; /* where in the step's P2cCall its address belongs: the offset of a pointer */
    bool reads, writes;
} P2cTouch;

/* operands and their gradients; y, dy, saved, statistics of y and of x[0], scratch */
enum { P2C_MOST_TOUCHED = 2 * P2C_MAX_OPERANDS + 6 };

typedef struct P2cStep {
    P2cStepKind kind;
    P2cNode *node;
    P2cTouch touched[P2C_MOST_TOUCHED]; /* step.c */
    int touched_count;
    unsigned overwrite; /* BACKWARD */
    float value;        /* FILL */
    size_t run_params;  /* its offset in the tail */
    P2cCall call;       /* filled by plan */
    /* schedule.c: its place in the order, and when it was built */
    int depth, gather, built;
    /* waits: for each stream the last step there that this one waits for, -1: none */
    int stream, waits[P2C_MAX_STREAMS];
    bool is_awaited;
} P2cStep;

/* The most steps that a kernel takes at once. */
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
    /* where the tail of the arena begins: run parameters, then small outputs. The recording copies
     * it to the host after every run. */
    size_t tail;
    P2cRecording recording;
    bool no_reuse; /* tests: give every buffer memory of its own */
};

P2cNode *p2c_leaf_new(P2cGraph *graph, P2cLeaf leaf, const char *name, P2cDims dims);
/* The leaf for memory of the store; one for each, so that the schedule sees who else writes it. */
P2cNode *p2c_moment(P2cGraph *graph, float *memory, P2cDims dims);

/* The buffer whose memory it shares; or itself. NULL of NULL. */
static inline P2cBuffer *p2c_buffer_root(P2cBuffer *buffer) {
    while (buffer && buffer->same) buffer = buffer->same;
    return buffer;
}
/* NULL: memory is out, and the graph has failed */
P2cBuffer *p2c_buffer_new(P2cGraph *graph, size_t bytes);
/* Grows an array of `size`-byte items to hold one more. false: memory is out. */
bool p2c_grow(void *array, int count, int *capacity, size_t size);

/* Each appends a step, once the buffers of the node and of its operands are there. dx: by operand,
 * NULL where no gradient is wanted; bit i of `overwrite`: dx[i] holds nothing to be added to. */
P2cStatus p2c_step_forward(P2cGraph *graph, P2cNode *node);
P2cStatus p2c_step_backward(P2cGraph *graph, P2cNode *node, P2cBuffer *const dx[],
                            unsigned overwrite);
P2cStatus p2c_step_fill(P2cGraph *graph, P2cNode *node, float value); /* the node's gradient */
/* What a step must read and write at least, each once. Scratch does not count. */
size_t p2c_step_bytes(const P2cStep *step);
/* Whether the operation begins with the mean and the variance of each plane of its operand 0. */
bool p2c_reads_statistics(const P2cNode *node);

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

/* run.c: a finished graph runs: one kernel call per step, in order, no allocation.
 *
 * A device that works through a queue records the steps at the first run and repeats them at the next ones. It is not waited for before somebody
 * asks for a result: p2c_graph_wait then waits and lets kernels tell the host what they counted. */
#include <assert.h>

#include "graph.h"

static const P2cKernel *kernel_of(const P2cGraph *graph, const P2cStep *step) { return graph->ctx->device->kernels[step->node->op->id]; }

enum { MOST_CALLS = 4096 };

/* How many steps from i on are forwards of one operation that its kernel takes together. */
static int together(const P2cGraph *graph, int i, const P2cCall *calls[]) {
    int n = 0;
    const P2cOp *op = graph->steps[i].node->op;
    for (; n < MOST_CALLS && i + n < graph->step_count; n++) {
        const P2cStep *step = &graph->steps[i + n];
        if (step->kind != P2C_STEP_FORWARD || step->node->op != op) break;
        calls[n] = &step->call;
    }
    return n;
}

/* Calls the kernels of step i; returns how many steps are done with that. */
static int issue_step(P2cGraph *graph, int i) {
    const P2cStep *step = &graph->steps[i];
    if (step->kind == P2C_STEP_FILL) {
        graph->ctx->device->fill(graph->ctx, step->target->memory, step->target->bytes / sizeof(float), step->value);
        return 1;
    }
    const P2cKernel *kernel = kernel_of(graph, step);
    if (step->kind == P2C_STEP_FORWARD && kernel->many) {
        const P2cCall *calls[MOST_CALLS];
        int count = together(graph, i, calls);
        kernel->many(calls, count);
        return count;
    }
    (step->kind == P2C_STEP_FORWARD ? kernel->forward : kernel->backward)(&step->call);
    return 1;
}

static void issue(void *of) {
    P2cGraph *graph = of;
    for (int i = 0; i < graph->step_count;) i += issue_step(graph, i);
}

/* Calls the hook `before` or `after` of all steps whose kernel has mail. */
static void deliver(P2cGraph *graph, bool before) {
    for (int i = 0; i < graph->step_count && graph->tape.to; i++) {
        const P2cStep *step = &graph->steps[i];
        if (!step->call.mail) continue;
        void (*hook)(const P2cCall *) = before ? kernel_of(graph, step)->before : kernel_of(graph, step)->after;
        if (hook) hook(&step->call);
    }
}

P2cStatus p2c_graph_wait(P2cGraph *graph) {
    if (!graph->running) return P2C_OK;
    P2cStatus status = graph->ctx->device->wait(graph->ctx);
    if (status) return status; /* and again when asked again, or an old result would be taken for a new one */
    graph->running = false;
    deliver(graph, false);
    return P2C_OK;
}

P2cStatus p2c_graph_run(P2cGraph *graph) {
    assert(graph->finished);
    P2cStatus status = p2c_graph_wait(graph);
    if (status) return status;
    graph->tape.issue = issue;
    graph->tape.of = graph;
    deliver(graph, true);
    graph->running = !p2c_device_is_host(graph->ctx->device);
    return graph->ctx->device->run(graph->ctx, &graph->tape);
}

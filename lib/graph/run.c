/* run.c: a finished graph runs: one kernel call per step, in order, no allocation.
 *
 * A GPU records the steps during the first run and repeats the recording in later runs. The host
 * waits for it only when somebody reads a result: p2c_graph_wait waits and then calls the hooks by
 * which kernels tell the host what they counted. */
#include <assert.h>

#include "graph.h"

static const P2cKernel *kernel_of(const P2cGraph *graph, const P2cStep *step) {
    return graph->ctx->device->kernels[step->node->op->id];
}

void p2c_issue_step(const P2cGraph *graph, const P2cStep *step) {
    if (step->kind == P2C_STEP_FILL)
        graph->ctx->device->fill(graph->ctx, step->call.y, p2c_dims_count(step->node->dims),
                                 step->value);
    else
        (step->kind == P2C_STEP_FORWARD ? kernel_of(graph, step)->forward
                                        : kernel_of(graph, step)->backward)(&step->call);
}

static void issue_together(const P2cGraph *graph, const P2cStep *steps, int count) {
    const P2cCall *calls[P2C_MOST_CALLS];
    for (int i = 0; i < count; i++) calls[i] = &steps[i].call;
    kernel_of(graph, steps)->many(calls, count);
}

static void issue_steps(void *of) {
    P2cGraph *graph = of;
    const P2cDevice *device = graph->ctx->device;
    for (int i = 0, n; i < graph->step_count; i += n) {
        const P2cStep *step = &graph->steps[i];
        n = p2c_together(graph, i, P2C_MOST_CALLS);
        if (device->streams > 1) device->enter_stream(graph->ctx, step->stream, step->waits);
        if (n > 1) issue_together(graph, step, n);
        else p2c_issue_step(graph, step);
        if (device->streams > 1 && step->is_awaited) device->record_event(graph->ctx, i);
    }
}

/* Calls the hooks `before` or `after` of all steps whose kernels have run parameters. */
static void call_hooks(P2cGraph *graph, bool before) {
    for (int i = 0; i < graph->step_count && graph->recording.to; i++) {
        const P2cStep *step = &graph->steps[i];
        if (!step->call.run_params) continue;
        void (*hook)(const P2cCall *) =
            before ? kernel_of(graph, step)->before : kernel_of(graph, step)->after;
        if (hook) hook(&step->call);
    }
}

P2cStatus p2c_graph_wait(P2cGraph *graph) {
    if (graph->ctx->running != graph) return P2C_OK;
    P2cStatus status = graph->ctx->device->wait(graph->ctx);
    /* ctx->running stays, so that the next wait fails as well: nobody reads an old result */
    if (status) return status;
    graph->ctx->running = NULL;
    call_hooks(graph, false);
    return P2C_OK;
}

P2cStatus p2c_graph_run(P2cGraph *graph) {
    assert(graph->finished);
    P2cContext *ctx = graph->ctx;
    /* another graph may count in the same P2cAdam */
    P2cStatus status = ctx->running ? p2c_graph_wait(ctx->running) : P2C_OK;
    if (status) return status;
    graph->recording.issue = issue_steps;
    graph->recording.of = graph;
    call_hooks(graph, true);
    if (!p2c_device_is_host(ctx->device)) ctx->running = graph;
    return ctx->device->run(ctx, &graph->recording);
}

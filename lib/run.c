/* run.c: a finished graph runs: one kernel call per step, in order, no allocation. */
#include <assert.h>

#include "graph.h"

P2cStatus p2c_graph_run(P2cGraph *graph) {
    assert(graph->finished);
    const P2cDevice *device = graph->ctx->device;
    for (int i = 0; i < graph->step_count; i++) {
        const P2cStep *step = &graph->steps[i];
        switch (step->kind) {
        case P2C_STEP_FORWARD: device->kernels[step->node->op->id]->forward(&step->call); break;
        case P2C_STEP_BACKWARD: device->kernels[step->node->op->id]->backward(&step->call); break;
        case P2C_STEP_FILL: device->fill(step->target->memory, step->target->bytes / sizeof(float), step->value, graph->ctx->threads); break;
        }
    }
    return P2C_OK;
}

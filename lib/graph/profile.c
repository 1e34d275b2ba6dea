/* profile.c: where the time of a graph goes, step by step. A CPU's steps are timed in their place,
 * with the caches as they are there; a GPU's by themselves, repeated until they can be timed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph.h"
#include "op/conv2d.h"

/* One step, called as the graph calls it. */
typedef struct Timed {
    const P2cGraph *graph;
    const P2cStep *step;
} Timed;

static void issue_timed_step(void *of) {
    const Timed *t = of;
    p2c_issue_step(t->graph, t->step);
}

static void name_step(const P2cStep *step, char *name, size_t size) {
    const P2cNode *node = step->node;
    if (step->kind == P2C_STEP_FILL)
        snprintf(name, size, "fill %s", p2c_dims_text(node->dims).text);
    else if (!node->count) snprintf(name, size, "%s", node->op->name);
    else
        snprintf(name, size, "%s%s %s%s%s", node->op->name,
                 step->kind == P2C_STEP_BACKWARD ? " backward" : "",
                 p2c_dims_text(node->x[0]->dims).text, node->count > 1 ? " " : "",
                 node->count > 1 ? p2c_dims_text(node->x[1]->dims).text : "");
}

/* For each element of the result, how many products are added. */
static double products_per_result(const P2cNode *node) {
    const P2cDims x = node->x[0]->dims, w = node->count > 1 ? node->x[1]->dims : x;
    switch (node->op->id) {
    case P2C_OP_conv2d: return (double)w.d[1] * w.d[2] * w.d[3];
    case P2C_OP_linear: return w.d[1];
    case P2C_OP_matmul: return (double)p2c_dims_count(x) / (x.d[0] * x.d[1] * x.d[2]);
    case P2C_OP_conv_transpose2d: /* every input element meets each weight of its channel once */
        return (double)p2c_dims_count(x) * w.d[1] * w.d[2] * w.d[3] /
               (double)p2c_dims_count(node->dims);
    default: return 0;
    }
}

/* Each gradient of a product costs what the product does. */
static double flop_of(const P2cStep *step) {
    if (step->kind == P2C_STEP_FILL || !step->node->count) return 0;
    int products = step->kind == P2C_STEP_FORWARD
                       ? 1
                       : (step->call.dx[0] != NULL) + (step->call.dx[1] != NULL);
    return 2.0 * products * (double)p2c_dims_count(step->node->dims) *
           products_per_result(step->node);
}

/* Adds a step to the entry of its name. When all entries are taken, the last one, "...", gathers
 * the rest. */
static void add_step_time(P2cProfile *profile, const P2cStep *step, double ms) {
    char name[sizeof profile->entries->name];
    int i = 0;
    name_step(step, name, sizeof name);
    while (i < profile->count && strcmp(profile->entries[i].name, name)) i++;
    if (i == profile->count && i == P2C_PROFILE_ENTRIES)
        snprintf(profile->entries[--i].name, sizeof name, "...");
    else if (i == profile->count)
        snprintf(profile->entries[profile->count++].name, sizeof name, "%s", name);
    P2cProfileEntry *e = &profile->entries[i];
    e->steps++;
    e->ms += ms;
    e->bytes += (double)p2c_step_bytes(step);
    e->flop += flop_of(step);
    profile->ms += ms;
}

static int by_time(const void *a, const void *b) {
    double x = ((const P2cProfileEntry *)a)->ms, y = ((const P2cProfileEntry *)b)->ms;
    return x < y ? 1 : x > y ? -1 : 0;
}

static P2cStatus time_in_place(P2cGraph *graph, double *ms) {
    enum { ROUNDS = 5 };
    P2cStatus status = P2C_OK;
    for (int round = 0; round < ROUNDS && !status; round++)
        for (int i = 0; i < graph->step_count && !status; i++) {
            Timed timed = { graph, &graph->steps[i] };
            double once;
            status = graph->ctx->device->time(graph->ctx, issue_timed_step, &timed, 1, &once);
            if (!round || once < ms[i]) ms[i] = once;
        }
    return status;
}

static P2cStatus time_alone(P2cGraph *graph, double *ms) {
    enum { REPEATS = 10 };
    P2cStatus status = P2C_OK;
    for (int i = 0; i < graph->step_count && !status; i++) {
        Timed timed = { graph, &graph->steps[i] };
        status = graph->ctx->device->time(graph->ctx, issue_timed_step, &timed, REPEATS, &ms[i]);
    }
    return status;
}

P2cStatus p2c_graph_profile(P2cGraph *graph, P2cProfile *profile) {
    memset(profile, 0, sizeof *profile);
    double *ms = malloc((size_t)graph->step_count * sizeof *ms + 1);
    if (!ms) return p2c_fail(graph->ctx, P2C_ERR_MEMORY, "out of memory: a profile");
    /* kernels are loaded, memory is touched, values are sound */
    P2cStatus status = p2c_graph_run(graph);
    if (!status) status = p2c_graph_wait(graph);
    if (!status)
        status = p2c_device_is_host(graph->ctx->device) ? time_in_place(graph, ms)
                                                        : time_alone(graph, ms);
    for (int i = 0; i < graph->step_count && !status; i++)
        add_step_time(profile, &graph->steps[i], ms[i]);
    free(ms);
    qsort(profile->entries, (size_t)profile->count, sizeof *profile->entries, by_time);
    return status;
}

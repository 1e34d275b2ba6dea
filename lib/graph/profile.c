/* profile.c: where the time of a graph goes: every step on its own, repeated until it can be
 * timed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph.h"

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
    profile->ms += ms;
}

static int by_time(const void *a, const void *b) {
    double x = ((const P2cProfileEntry *)a)->ms, y = ((const P2cProfileEntry *)b)->ms;
    return x < y ? 1 : x > y ? -1 : 0;
}

P2cStatus p2c_graph_profile(P2cGraph *graph, P2cProfile *profile) {
    enum { REPEATS = 10 };
    memset(profile, 0, sizeof *profile);
    /* kernels are loaded, memory is touched, values are sound */
    P2cStatus status = p2c_graph_run(graph);
    if (!status) status = p2c_graph_wait(graph);
    for (int i = 0; i < graph->step_count && !status; i++) {
        Timed timed = { graph, &graph->steps[i] };
        double ms;
        status = graph->ctx->device->time(graph->ctx, issue_timed_step, &timed, REPEATS, &ms);
        if (!status) add_step_time(profile, &graph->steps[i], ms);
    }
    qsort(profile->entries, (size_t)profile->count, sizeof *profile->entries, by_time);
    return status;
}

/* autoencoder.c: see autoencoder.h. */
#include "autoencoder.h"

#include <stdio.h>

static P2cNode *reproduce(P2cNet net, P2cNode *all, const StepOptions *o, int part, int ch) {
    P2cNode *x = o->parts == 1 ? all : p2c_slice(all, 0, part * o->batch, (part + 1) * o->batch);
    P2cNode *y = p2c_generator(net, x, (P2cGenerator){ .ch = ch, .full = o->full }).image;
    return p2c_affine(p2c_l1_loss(y, x), 1 / (float)o->parts, 0);
}

static P2cNode *add_part(P2cNode *sum, P2cNode *part) { return sum ? p2c_add(sum, part) : part; }

static void build_losses(Step *step, StepUpdates *updates, const P2cNet nets[GENERATORS],
                         const StepOptions *o) {
    P2cNode *of_a = NULL, *of_b = NULL;
    for (int m = 0; m < o->parts; m++) {
        P2cNode *a = reproduce(nets[0], step->a, o, m, o->ch),
                *b = reproduce(nets[1], step->b, o, m, step_channels("genB2A", o->ch, o->ch_b2a)),
                *loss = p2c_add(a, b);
        of_a = add_part(of_a, a), of_b = add_part(of_b, b);
        if (m == o->parts - 1)
            p2c_minimize(loss, GENERATORS, nets, &updates->generators, step->squares);
        else p2c_accumulate(loss, GENERATORS, nets);
    }
    step->of_a[TERM_IDENTITY] = step->of_a[TERM_G] = p2c_output(of_a);
    step->of_b[TERM_IDENTITY] = step->of_b[TERM_G] = p2c_output(of_b);
    step->sum[TERM_IDENTITY] = step->sum[TERM_G] = p2c_output(p2c_add(of_a, of_b));
}

/* What such a step does not have. */
static void fill_with_zeros(Step *step) {
    P2cNode *zero = p2c_output(p2c_constant(step->graph, P2C_SCALAR, 0));
    for (int t = 0; t < TERM_COUNT; t++)
        if (!step->sum[t]) step->of_a[t] = step->of_b[t] = step->sum[t] = zero;
    for (int i = GENERATORS; i < NETWORKS; i++) step->squares[i] = zero;
}

static void build_averages(const Step *step, const StepUpdates *updates, P2cStore *store,
                           const P2cNet nets[GENERATORS]) {
    for (int i = 0; i < GENERATORS; i++) {
        char name[32];
        snprintf(name, sizeof name, "%s_ema", network_names[i]);
        p2c_average(p2c_net(step->graph, store, name), nets[i], &updates->decay);
    }
}

P2cStatus autoencoder_init(Step *step, StepUpdates *updates, P2cContext *ctx, P2cStore *store,
                           const StepOptions *o) {
    P2cDims dims = P2C_DIMS(o->batch * o->parts, 3, o->size, o->size);
    *step = (Step){ .has_identity = true };
    P2cStatus status = p2c_graph_new(&step->graph, ctx);
    if (status) return status;
    P2cNet nets[GENERATORS];
    for (int i = 0; i < GENERATORS; i++) nets[i] = p2c_net(step->graph, store, network_names[i]);
    step->a = p2c_input(step->graph, "for genA2B", dims);
    step->b = p2c_input(step->graph, "for genB2A", dims);
    build_losses(step, updates, nets, o);
    fill_with_zeros(step);
    if (o->average) build_averages(step, updates, store, nets);
    p2c_graph_limit(step->graph, o->memory_limit);
    return p2c_graph_finish(step->graph);
}

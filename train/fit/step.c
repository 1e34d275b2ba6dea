/* step.c: losses, and the step as one graph: forward, backward, Adam, average of the weights.
 *
 *   MATTE      binary cross entropy of the logits + mean |alpha - target| + mean |difference of
 *              neighbours in alpha - the same in target|: the first learns fastest,
 *              the second is what is asked for, the third sees the edge, which is little of the
 *                  area (Xu 2017 has a loss of gradients for the same reason)
 *   LANDMARKS  mean of weight * |point - target|: 1 / distance of the eyes, so that faces of all
 *              sizes count alike, and more for points of the eyes, which a face is levelled by;
 *              absolute, not squared: a teacher errs now and then
 */
#include "step.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *average;
    int terms;
    size_t picture, target;
} tasks[] = {
    [FIT_MATTE] = { "matte", "matte_ema", FIT_TERMS, 3 * FIT_MATTE_SIZE *FIT_MATTE_SIZE,
                    FIT_MATTE_SIZE *FIT_MATTE_SIZE },
    [FIT_LANDMARKS] = { "landmarks", "landmarks_ema", 1, 3 * FIT_LANDMARK_SIZE *FIT_LANDMARK_SIZE,
                        2 * P2C_LANDMARKS },
};
enum {
    TASKS = sizeof tasks / sizeof *tasks,
    LEFT_EYE = 36,
    RIGHT_EYE = 45,
    EYES = 36,
    EYES_END = 48
};
static const double OF_EYES = 3;          /* weight of their points */
static const double SMALLEST_EYES = 0.05; /* parts of the square: what is smaller counts no more */

const char *fit_name(FitTask task) { return tasks[task].name; }
const char *fit_average_name(FitTask task) { return tasks[task].average; }
int fit_term_count(FitTask task) { return tasks[task].terms; }
size_t fit_picture_floats(FitTask task) { return tasks[task].picture; }
size_t fit_target_floats(FitTask task) { return tasks[task].target; }

bool fit_task_of(const char *name, FitTask *task) {
    for (int i = 0; i < TASKS; i++)
        if (!strcmp(tasks[i].name, name)) {
            *task = (FitTask)i;
            return true;
        }
    return false;
}

static P2cNode *network(FitTask task, P2cNet net, P2cNode *x) {
    return task == FIT_MATTE ? p2c_matte_network(net, x) : p2c_landmark_network(net, x);
}

static P2cNode *pictures_of(P2cGraph *graph, FitTask task, int n) {
    int size = task == FIT_MATTE ? FIT_MATTE_SIZE : FIT_LANDMARK_SIZE;
    return p2c_input(graph, "pictures", P2C_DIMS(n, 3, size, size));
}

/* ---- losses ---------------------------------------------------------------------------------- */

/* Differences of neighbours along an axis. */
static P2cNode *differences(P2cNode *x, int axis) {
    int size = FIT_MATTE_SIZE;
    return p2c_add(p2c_slice(x, axis, 1, size), p2c_affine(p2c_slice(x, axis, 0, size - 1), -1, 0));
}

static void matte_terms(FitStep *s, P2cNode *logits) {
    P2cNode *alpha = p2c_sigmoid(logits), *t = s->target;
    s->terms[FIT_BCE] = p2c_bce_with_logits(logits, t);
    s->terms[FIT_ALPHA] = p2c_l1_loss(alpha, t);
    s->terms[FIT_EDGE] = p2c_add(p2c_l1_loss(differences(alpha, 2), differences(t, 2)),
                                 p2c_l1_loss(differences(alpha, 3), differences(t, 3)));
    s->terms[FIT_LOSS] =
        p2c_add(p2c_add(s->terms[FIT_BCE], s->terms[FIT_ALPHA]), s->terms[FIT_EDGE]);
}

static void landmark_terms(FitStep *s, P2cNode *points) {
    s->weight = p2c_input(s->graph, "weight", P2C_DIMS(s->batch, 2 * P2C_LANDMARKS));
    s->terms[FIT_LOSS] = p2c_l1_loss(p2c_mul(points, s->weight), p2c_mul(s->target, s->weight));
}

/* ---- the step -------------------------------------------------------------------------------- */

static void build_step(FitStep *s, P2cStore *store) {
    P2cGraph *g = s->graph;
    P2cNet net = p2c_net(g, store, fit_name(s->task)),
           average = p2c_net(g, store, fit_average_name(s->task));
    s->x = pictures_of(g, s->task, s->batch);
    s->target = s->task == FIT_MATTE
                    ? p2c_input(g, "target", P2C_DIMS(s->batch, 1, FIT_MATTE_SIZE, FIT_MATTE_SIZE))
                    : p2c_input(g, "target", P2C_DIMS(s->batch, 2 * P2C_LANDMARKS));
    P2cNode *y = network(s->task, net, s->x);
    if (s->task == FIT_MATTE) matte_terms(s, y);
    else landmark_terms(s, y);
    for (int i = 0; i < fit_term_count(s->task); i++) p2c_output(s->terms[i]);
    p2c_minimize(s->terms[FIT_LOSS], 1, &net, &s->adam, &s->squares);
    p2c_average(average, net, &s->decay);
}

P2cStatus fit_step_init(FitStep *s, P2cContext *ctx, P2cStore *store, FitTask task, int batch) {
    *s = (FitStep){ .task = task,
                    .batch = batch,
                    .adam = { .lr = 1e-3, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8 },
                    .decay = 0.999 };
    s->weights = calloc((size_t)batch, 2 * P2C_LANDMARKS * sizeof *s->weights);
    P2cStatus status = p2c_graph_new(&s->graph, ctx);
    if (!status) build_step(s, store);
    if (!status) status = s->weights ? p2c_graph_finish(s->graph) : P2C_ERR_MEMORY;
    return status ? status : p2c_store_copy(store, fit_name(task), fit_average_name(task));
}

void fit_step_clear(FitStep *s) {
    p2c_graph_free(&s->graph);
    free(s->weights);
    s->weights = NULL;
}

static void write_weights(FitStep *s, const float *targets) {
    float *weights = s->weights;
    for (int i = 0; i < s->batch; i++, targets += 2 * P2C_LANDMARKS, weights += 2 * P2C_LANDMARKS) {
        const float *a = targets + 2 * LEFT_EYE, *b = targets + 2 * RIGHT_EYE;
        double scale = 1 / fmax(SMALLEST_EYES, hypot(b[0] - a[0], b[1] - a[1]));
        for (int k = 0; k < P2C_LANDMARKS; k++)
            weights[2 * k] = weights[2 * k + 1] =
                (float)(scale * (k >= EYES && k < EYES_END ? OF_EYES : 1));
    }
}

/* A GPU is waited for before anything of it is looked at. */
P2cStatus fit_step_run(FitStep *s, const float *pictures, const float *targets) {
    P2cStatus status = p2c_node_write(s->x, pictures);
    if (!status) status = p2c_node_write(s->target, targets);
    if (!status && s->weight) {
        write_weights(s, targets);
        status = p2c_node_write(s->weight, s->weights);
    }
    if (!status) status = p2c_graph_run(s->graph);
    return status ? status : p2c_graph_wait(s->graph);
}

/* ---- measuring ------------------------------------------------------------------------------- */

P2cStatus fit_net_init(FitNet *net, P2cContext *ctx, P2cStore *store, FitTask task,
                       const char *name, int batch) {
    *net = (FitNet){ 0 };
    P2cStatus status = p2c_graph_new(&net->graph, ctx);
    if (status) return status;
    net->x = pictures_of(net->graph, task, batch);
    P2cNode *y = network(task, p2c_net(net->graph, store, name), net->x);
    net->y = p2c_output(task == FIT_MATTE ? p2c_sigmoid(y) : y);
    return p2c_graph_finish(net->graph);
}

void fit_net_clear(FitNet *net) { p2c_graph_free(&net->graph); }

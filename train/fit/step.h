/* step.h: the networks that p2c-fit trains, as graphs: a step of training, and a pass that
 * measures. */
#ifndef P2C_TRAIN_FIT_STEP_H
#define P2C_TRAIN_FIT_STEP_H

#include "scene/data.h"

/* The loss and its parts. LANDMARKS has only the first. */
typedef enum FitTerm { FIT_LOSS, FIT_BCE, FIT_ALPHA, FIT_EDGE, FIT_TERMS } FitTerm;

/* A task's name is also that of its network in stores and files; its averaged twin is
 * <name>_ema. */
const char *fit_name(FitTask task);
const char *fit_average_name(FitTask task);
bool fit_task_of(const char *name, FitTask *task); /* false: no task is called so */
int fit_term_count(FitTask task);
size_t fit_picture_floats(FitTask task); /* of one sample */
size_t fit_target_floats(FitTask task);

typedef struct FitStep {
    FitTask task;
    int batch;
    P2cGraph *graph;
    P2cNode *x, *target, *weight; /* weight: NULL, or (n,136) of LANDMARKS */
    P2cNode *terms[FIT_TERMS];
    P2cNode *squares; /* sum of squares of the gradient */
    float *weights;   /* (batch,136), before they are written */
    P2cAdam adam;     /* lr may change between runs */
    double decay;     /* of the average, likewise */
} FitStep;

/* Creates the network and its average in the store; the average starts as the network. To be
 * cleared in either case. */
P2cStatus fit_step_init(FitStep *step, P2cContext *ctx, P2cStore *store, FitTask task, int batch);
void fit_step_clear(FitStep *step);
P2cStatus fit_step_run(FitStep *step, const float *pictures, const float *targets);

/* A network's result: alpha (n,1,256,256), or points (n,136). */
typedef struct FitNet {
    P2cGraph *graph;
    P2cNode *x, *y;
} FitNet;
P2cStatus fit_net_init(FitNet *net, P2cContext *ctx, P2cStore *store, FitTask task,
                       const char *name, int batch);
void fit_net_clear(FitNet *net);

#endif

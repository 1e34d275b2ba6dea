/* state.h: what a run of p2c-fit is besides its weights: the "p2cnn" entry of a checkpoint. */
#ifndef P2C_TRAIN_FIT_STATE_H
#define P2C_TRAIN_FIT_STATE_H

#include "../run/run.h"
#include "options.h"

typedef struct FitState {
    int64_t updates;      /* made, which is what Adam counts */
    double best;          /* least error on held-out samples */
    int64_t best_step;    /* 0: none yet */
    int64_t portraits[2]; /* to learn from, held out */
} FitState;

/* A task's network and its average; they stand in the list, which is the caller's. */
enum { FIT_NETWORKS = 2 };
CheckpointNetworks fit_networks(FitTask task, CheckpointNetwork list[FIT_NETWORKS]);

/* A new dict, with the options that a checkpoint keeps. NULL: out of memory. */
P2cValue *fit_state_save(const FitState *state, const RunState *run, const FitOptions *options);
/* Of a checkpoint's "p2cnn". 0, or EXIT_BAD_INPUT, reported, when it is not what fit_state_save
 * makes. */
int fit_state_load(FitState *state, RunState *run, const P2cValue *p2cnn);

#endif

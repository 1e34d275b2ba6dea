/* state.h: what a run is besides its weights: the "p2cnn" entry of a checkpoint. */
#ifndef P2C_TRAIN_STATE_H
#define P2C_TRAIN_STATE_H

#include "options.h"
#include "run/guard.h"

typedef struct RunState {
    int64_t step;                       /* steps done, skipped ones included */
    int64_t generators, discriminators; /* updates made, which is what Adam counts */
    Guard guard;                        /* all but its roll_backs, which are this process's */
    /* of the random order of pictures: raised when the run went back */
    int branch;
    double seconds; /* spent on steps */
    double best_kid;
    int64_t best_step; /* best_step 0: none yet */
    /* training pictures of A and B: how many, and a hash of their names */
    int64_t pictures[2];
    uint64_t hashes[2];
    char face_weights[4096]; /* path of the face network; empty: none */
} RunState;

/* A new dict, with the options that decide what is computed. NULL: out of memory. */
P2cValue *state_save(const RunState *state, const Options *options);
/* Of a checkpoint's "p2cnn". 0, or EXIT_BAD_INPUT, reported, when it is not what state_save
 * makes. */
int state_load(RunState *state, const P2cValue *p2cnn);

#endif

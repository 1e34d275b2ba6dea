/* state.h: what a run of p2c-train is besides its weights: the "p2cnn" entry of a checkpoint. */
#ifndef P2C_TRAIN_STATE_H
#define P2C_TRAIN_STATE_H

#include "options.h"
#include "run/run.h"

/* The published six, generators first, then the generators' averages. */
extern const CheckpointNetworks state_networks;

typedef struct TrainState {
    int64_t generators, discriminators; /* updates made, which is what Adam counts */
    int64_t won;                        /* steps in a row with d below STATE_WON_BELOW */
    double best_score;                  /* measures_score of the best evaluation so far */
    int64_t best_step;                  /* 0: none yet */
    /* training pictures of A and B: how many, and a hash of their names */
    int64_t pictures[2];
    uint64_t hashes[2];
    char face_weights[4096]; /* path of the face network; empty: none */
} TrainState;

/* A new dict, with the options that decide what is computed. NULL: out of memory. */
P2cValue *state_save(const TrainState *state, const RunState *run, const Options *options);
/* Of a checkpoint's "p2cnn". 0, or EXIT_BAD_INPUT, reported, when it is not what state_save
 * makes. */
int state_load(TrainState *state, RunState *run, const P2cValue *p2cnn);

/* The discriminators' loss d is 2 to 2.5 in a healthy run, and 0 when they tell everything
 * apart. */
enum { STATE_WON = 1000 /* steps */ };
#define STATE_WON_BELOW 0.05
/* After a step with this d. True once, when it has been below STATE_WON_BELOW for STATE_WON steps
 * in a row; and again after it has recovered. */
bool state_discriminators_won(TrainState *state, double d);

#endif

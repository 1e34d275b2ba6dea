/* step.h: the training step of photo2cartoon as one graph. */
#ifndef P2C_TRAIN_STEP_H
#define P2C_TRAIN_STEP_H

#include "p2cnn.h"

/* The channels of generator `name`. ch_b2a: those of genB2A; 0: as ch. */
int step_channels(const char *name, int ch, int ch_b2a);

typedef struct StepOptions {
    /* pictures of each domain a step: batch * parts, computed `batch` at a time (gradient
     * accumulation) */
    int batch, parts;
    int size, ch;
    int ch_b2a; /* channels of genB2A; 0: ch */
    bool full;  /* the large generators */
    /* The identity terms (of the identity loss and of the CAM loss) cost a third of the generators'
     * work. 1: each step has them, as published. N: this step does, with N times their weight, and
     * stands for N steps. 0: this step does without. */
    int identity_every;
    bool face; /* a face network's parameters are in the store, under "face" */
    P2cFaceKind face_kind;
    bool average;      /* keep averaged generators, genA2B_ema and genB2A_ema */
    double lr, lr_dis; /* of the generators; of the discriminators, 0: the same */
    double weight_decay;
    double adv, cycle, identity, cam, faceid; /* weights of the loss terms */
    /* upper bounds of rho, and of w_gamma and w_beta; the lower ones are 0 */
    float rho_clip, w_clip;
    /* bytes of the host's memory that the step may take; 0: any */
    size_t memory_limit;
} StepOptions;

/* The published values; lr 1e-4, batch 1, 256 pixels, 32 channels. parts 1, no average. */
StepOptions step_defaults(void);

/* Terms of the losses: each for A (photos, and cartoons made photos), for B (the other way), and
 * their sum. */
typedef enum Term {
    TERM_D,
    TERM_G,
    TERM_ADV,
    TERM_CYCLE,
    TERM_IDENTITY,
    TERM_CAM,
    TERM_FACEID,
    TERM_COUNT
} Term;
extern const char *const term_names[TERM_COUNT];

enum { GENERATORS = 2, DISCRIMINATORS = 4, NETWORKS = GENERATORS + DISCRIMINATORS };
extern const char *const network_names[NETWORKS]; /* the published keys: generators first */

typedef struct Step {
    P2cGraph *graph;
    P2cNode *a, *b; /* inputs (batch*parts,3,size,size): real photos, real cartoons, in [-1,1] */
    /* scalars, readable after a run */
    P2cNode *sum[TERM_COUNT], *of_a[TERM_COUNT], *of_b[TERM_COUNT];
    /* after a run: the sum of squares of each network's gradients; one not finite: nor it nor its
     * siblings were updated */
    P2cNode *squares[NETWORKS];
    bool has_identity; /* else the terms identity and cam lack what the identity pass gives */
} Step;

/* What the updates of a step read and count. Steps over one store may share it. */
typedef struct StepUpdates {
    P2cAdam generators, discriminators; /* lr may be changed between runs */
    /* of the averaged generators, likewise; 0 at first: they are the generators */
    double decay;
} StepUpdates;

/* No update so far; the rates of the options. */
StepUpdates step_updates(const StepOptions *options);

/* Builds and finishes the graph; parameters are created in the store when they are not there:
 * genA2B, genB2A, disGA, disGB, disLA, disLB, and face when options.face. *step and *updates are
 * the caller's storage, and must not move; step is to be cleared in either case. */
P2C_CHECKED P2cStatus step_init(Step *step, StepUpdates *updates, P2cContext *ctx, P2cStore *store,
                                const StepOptions *options);
void step_clear(Step *step);
/* Lets the averaged generators start from what the generators are now: after loading weights that
 * had no averages. */
P2C_CHECKED P2cStatus step_restart_averages(P2cStore *store);

#endif

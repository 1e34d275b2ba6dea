/* trainer.h: a training run of p2c-train: everything that it holds, from setup.c (made from
 * options, or from a checkpoint) through trainer.c (its part in the loop) to outputs.c (what people
 * see of it). Functions that return int do so as run/run.h says. */
#ifndef P2C_TRAIN_TRAINER_H
#define P2C_TRAIN_TRAINER_H

#include "evaluate.h"
#include "loader.h"
#include "options.h"
#include "state.h"
#include "step.h"

typedef struct Trainer {
    Options *options;
    Run run;
    TrainState state;
    P2cStore *store;
    Loader *loader;
    Folder test_a, test_b; /* empty when the dataset has none */
    /* The second is without identity terms, for the steps between those of --identity_every; its
     * graph is NULL if there are none. */
    Step steps[2];
    Step autoencoder; /* for --autoencoder_steps; its graph is NULL if there are none */
    StepUpdates updates;
    Evaluator *evaluator; /* NULL until the first evaluation */
    char **cartoons;      /* what it compares with: the paths of trainB and testB, borrowed */
    float *a, *b;         /* a batch: real photos, real cartoons */
    bool has_face;
    P2cFaceKind face;
} Trainer;

/* ---- setup.c ---- */
/* All zeros but options. To be closed in either case. Reports EXIT_DEVICE, too. */
int trainer_open(Trainer *trainer);
void trainer_close(Trainer *trainer);
StepOptions trainer_step_options(const Options *options);
/* Builds one or two steps over one store. Both are to be cleared in either case. */
P2C_CHECKED P2cStatus trainer_build_steps(Step steps[2], StepUpdates *updates, P2cContext *ctx,
                                          P2cStore *store, const StepOptions *options);
/* Weights and moments of a checkpoint, *tree as from checkpoint_find; and Adam's counts, from
 * trainer->state. */
int trainer_restore(Trainer *trainer, const P2cValue *tree);
/* Creates the generators in the store, as options say, to be loaded. */
P2cStatus trainer_create_generators(P2cContext *ctx, P2cStore *store, const Options *options,
                                    bool ema);
/* Lists the test pictures. A missing folder is reported and counts as empty. To be cleared in
 * either case. */
int trainer_open_tests(const Options *options, Folder *a, Folder *b);
/* The paths of both folders, in one new array of borrowed texts; NULL: out of memory. */
char **trainer_cartoons(const Folder *train_b, const Folder *test_b);
/* <data_root>/<dataset>/<name>, or <dataset>/<name> when the dataset is a path. */
void trainer_folder(const Options *options, const char *name, char path[RUN_FILE]);

/* ---- trainer.c ---- */
int trainer_run(Trainer *trainer); /* loop_run */
/* The generators' learning rate of step `step`, from 1: constant, then falling by lr/half each step
 * over the second half; in the warm-up, times 0.1 to 1. */
double trainer_rate(const Options *options, int64_t step);
int trainer_save(Trainer *trainer);
/* The graph that computes step `step`, from 1. */
const Step *trainer_step(const Trainer *trainer, int64_t step);

/* ---- outputs.c ---- */
/* The numbers of the step that has just run. */
void trainer_measure(Trainer *trainer, double ms, bool skipped);
/* 0, or EXIT_DEVICE; what else fails does not stop the run. */
int trainer_grids(Trainer *trainer);
int trainer_evaluate(Trainer *trainer);
void trainer_report(Trainer *trainer, ReportState state, const char *note);

/* ---- modes.c: other modes of the program ---- */
int mode_test(Options *options);
int mode_benchmark(const Options *options);

/* ---- mode_measure.c ---- */
int mode_measure(const Options *options);

/* ---- export.c: --export_networks ---- */
int mode_export(const Options *options);

#endif

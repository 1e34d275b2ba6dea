/* trainer.h: a run of p2c-fit: everything that it holds, from fit_setup.c (made from options, or
 * from a checkpoint) through fit_trainer.c (the loop) to fit_outputs.c (what people see of it).
 * Functions that return int return 0, or the exit code of a failure that has been reported. */
#ifndef P2C_TRAIN_FIT_TRAINER_H
#define P2C_TRAIN_FIT_TRAINER_H

#include "../run/guard.h"
#include "../run/metrics.h"
#include "../run/report.h"
#include "../run/rundir.h"
#include "../run/ticker.h"
#include "batches.h"
#include "evaluate.h"
#include "options.h"
#include "step.h"

/* What a run is besides its weights: the "p2cnn" entry of a checkpoint. */
typedef struct FitState {
    int64_t step, updates; /* steps done, skipped ones included; updates made */
    Guard guard;
    int branch;     /* raised when the run went back: other samples from there */
    double seconds; /* spent on steps */
    double best;
    int64_t best_step;    /* least error on held-out samples; best_step 0: none yet */
    int64_t portraits[2]; /* to learn from, held out */
} FitState;

typedef struct Fit {
    FitOptions *options;
    P2cContext *ctx;
    P2cStore *store;
    FitData *data;
    FitBatches *batches;
    RunDir run;
    FitStep step;
    float *pictures, *targets; /* a batch */
    FitState state;
    Metrics *metrics;
    Ticker ticker;
    /* steps of the newest checkpoint, -1: none yet; and of the newest measurement */
    int64_t saved, measured;
} Fit;

/* ---- fit_setup.c ---- */
int fit_open(Fit *fit); /* all zeros but options; to be closed in either case */
void fit_close(Fit *fit);
int fit_save(Fit *fit);
/* a checkpoint's weights, moments and counts, of fit->state */
int fit_restore(Fit *fit, const P2cValue *tree);
int fit_state_load(FitState *state, const P2cValue *tree);

/* ---- fit_trainer.c ---- */
int fit_run(Fit *fit);
double fit_rate(const FitOptions *options, int64_t step); /* of step `step`, from 1 */

/* ---- fit_outputs.c ---- */
void fit_measure_step(Fit *fit, double ms, bool skipped);
void fit_event(Fit *fit, const char *format, ...) __attribute__((format(printf, 2, 3)));
int fit_validate(Fit *fit); /* on held-out samples; keeps the best */
void fit_report(Fit *fit, ReportState state, const char *note);

/* ---- fit_samples.c ---- */
/* A sheet of held-out samples and what the averaged network makes of them, as a JPEG. */
int fit_samples_write(P2cContext *ctx, P2cStore *store, const FitData *data, FitTask task,
                      const char *path);

#endif

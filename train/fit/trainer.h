/* trainer.h: a run of p2c-fit: everything that it holds, from setup.c (made from options, or from a
 * checkpoint) through trainer.c (its part in the loop) to outputs.c (what people see of it).
 * Functions that return int do so as run/run.h says. */
#ifndef P2C_TRAIN_FIT_TRAINER_H
#define P2C_TRAIN_FIT_TRAINER_H

#include "batches.h"
#include "evaluate.h"
#include "options.h"
#include "state.h"
#include "step.h"

typedef struct Fit {
    FitOptions *options;
    Run run;
    FitState state;
    P2cStore *store;
    FitData *data;
    FitBatches *batches;
    FitStep step;
    float *pictures, *targets; /* a batch */
    int64_t measured;          /* step of the newest measurement; -1: none yet */
} Fit;

/* ---- setup.c ---- */
/* All zeros but options. To be closed in either case. Reports EXIT_DEVICE, too. */
int fit_open(Fit *fit);
void fit_close(Fit *fit);
/* A checkpoint's weights and moments, and Adam's count from fit->state. */
int fit_restore(Fit *fit, const P2cValue *tree);

/* ---- trainer.c ---- */
int fit_run(Fit *fit); /* loop_run */
int fit_save(Fit *fit);
double fit_rate(const FitOptions *options, int64_t step); /* of step `step`, from 1 */

/* ---- outputs.c ---- */
void fit_measure_step(Fit *fit, double ms, bool skipped);
int fit_validate(Fit *fit); /* on held-out samples; keeps the best */
void fit_report(Fit *fit, ReportState state, const char *note);

/* ---- samples.c ---- */
/* A sheet of held-out samples and what the averaged network makes of them, as a JPEG. */
int fit_samples_write(P2cContext *ctx, P2cStore *store, const FitData *data, FitTask task,
                      const char *path);

#endif

/* run.h: what every training run has, whatever is trained: its folder, its state, its numbers, and
 * what people see of it while it goes on.
 *
 * Functions that return int return 0, or the exit code of a failure that has been reported in one
 * line. But EXIT_DEVICE is not reported unless it says so: p2c_error tells what happened, and the
 * loop, at its end, what that means for the run. */
#ifndef P2C_TRAIN_RUN_H
#define P2C_TRAIN_RUN_H

#include "checkpoint.h"
#include "guard.h"
#include "metrics.h"
#include "report.h"
#include "rundir.h"
#include "tensorboard.h"
#include "ticker.h"

/* What a run is besides its weights, as far as all trainings have it. */
typedef struct RunState {
    int64_t step;   /* steps done, skipped ones included */
    Guard guard;    /* all but its roll_backs, which are this process's */
    int branch;     /* of the random order of what is learnt from: raised when the run went back */
    double seconds; /* spent on steps */
} RunState;

/* A new "p2cnn" entry for a checkpoint: format, version, options (taken in every case) and the
 * state. NULL: out of memory. */
P2cValue *run_state_save(const RunState *state, P2cValue *options);
/* From such an entry. EXIT_BAD_INPUT when it is none. */
int run_state_load(RunState *state, const P2cValue *p2cnn);

typedef struct Run {
    P2cContext *ctx;
    RunDir dir;
    RunState state;
    int64_t saved; /* step of the newest checkpoint; -1: none yet */
    Metrics *metrics;
    TensorBoard *board; /* NULL: not asked for */
    Ticker ticker;
} Run;

/* A run with nothing in it yet: to be closed in any case. */
Run run_nothing(void);
/* The folder of the request; when it resumes, also the newest checkpoint, to be freed with
 * checkpoint_free. */
int run_open(Run *run, const RunRequest *request, P2cValue **tree);
/* metrics.jsonl and, if asked for, TensorBoard's files, to go on after state.step. */
int run_open_metrics(Run *run, const MetricsTable *table, bool tensorboard);
/* A new run (not `resumed`) that never saved anything leaves no folder. The context is freed. */
void run_close(Run *run, bool resumed);

/* Writes the checkpoint of state.step; the metrics are synced first, so that no checkpoint is ahead
 * of them. p2cnn: as for checkpoint_save. */
int run_save(Run *run, const P2cStore *store, CheckpointNetworks networks, P2cValue *p2cnn,
             CheckpointPolicy policy);

/* The numbers of the step that has just run, and those of an evaluation after it: into the files
 * (metrics.h says in which order). */
void run_add_step(Run *run, const double values[], bool skipped);
void run_add_evaluation(Run *run, const double values[]);
/* On stderr and in metrics.jsonl. */
void run_event(Run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What is known of every run, at the end of a report's settings. */
void run_describe(const Run *run, ReportSettings *settings);
/* Writes report.html. The caller has filled in dataset, total, step_ms and all that is its own; the
 * rest is filled in here. */
void run_report(Run *run, ReportState state, const char *note, Report *report);

#endif

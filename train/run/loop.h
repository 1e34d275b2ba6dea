/* loop.h: the loop of a training run: a step, what became of it, and now and then a checkpoint;
 * going back when steps fail, and the end of the run. What differs between trainings comes in as
 * hooks and texts.
 *
 * What a step computes is decided by the checkpoint that the run starts from, the options, the
 * step's number and the branch: so a run that was stopped, or killed, goes on to the same bits as
 * one that was not. */
#ifndef P2C_TRAIN_LOOP_H
#define P2C_TRAIN_LOOP_H

#include "run.h"

/* The exit codes of a program that trains, for CliProgram.exit_codes. */
extern const char run_exit_codes[];

/* The trainer is what was given to loop_run. Hooks that return int do so as run.h says. */
typedef struct LoopHooks {
    const char *data;   /* what is learnt from, in one word: "pictures" */
    const char *remedy; /* what may help a run that diverged: "a lower --lr" */
    const char *longer; /* how a run that is over can go on; NULL: it cannot */

    /* Runs step number state.step + 1 on new data, and waits until it is done. */
    int (*step)(void *trainer);
    /* Says what in that step's results is not finite ("the loss d is nan"); false: all is
     * finite. */
    bool (*find_trouble)(const void *trainer, char *text, size_t size);
    /* Keeps and shows that step's numbers (run_add_step, ticker_step). ms: what it took. */
    void (*measure)(void *trainer, double ms, bool skipped);
    /* What else is done every so many steps: pictures, evaluations. A failure ends the run. */
    int (*periodic)(void *trainer);
    int (*save)(void *trainer); /* run_save */
    /* Takes from a checkpoint's tree the weights, state.step, and whatever else of the trainer's
     * state is not counted over the whole run. */
    int (*go_back)(void *trainer, const P2cValue *tree);
    /* After the last of all steps, before the last save; NULL: nothing. */
    int (*complete)(void *trainer);
    void (*report)(void *trainer, ReportState state, const char *note);
    void (*say_done)(const void *trainer); /* where to find what was made */
} LoopHooks;

typedef struct LoopPlan {
    int64_t total, last;           /* steps of the whole training; the one to stop at */
    int64_t save_every, milestone; /* a checkpoint every so many steps, of either; 0: never */
} LoopPlan;

/* The lesser of `total` and `most` (0: no limit). */
int64_t loop_last(int64_t total, int64_t most);
/* step > 0 and a multiple of `every`; never when that is 0. */
bool loop_due(int64_t step, int64_t every);

/* Runs to plan.last, or until stop_signal is set (cli/stop.h). The run is open, with its metrics,
 * and has a checkpoint. Returns what the program should exit with; EXIT_DEVICE has been reported
 * too. After the device failed nothing is saved: the weights were there. */
int loop_run(Run *run, const LoopHooks *hooks, void *trainer, LoopPlan plan);

#endif

/* options.h: the command line of p2c-fit. */
#ifndef P2C_TRAIN_FIT_OPTIONS_H
#define P2C_TRAIN_FIT_OPTIONS_H

#include "../run/kept_options.h"
#include "scene/data.h"

typedef struct FitOptions {
    const char *command, *weights; /* "matte", "landmarks" or "check"; of check: a file */
    FitTask task;
    const char *portraits, *backgrounds, *teacher, *out, *run, *result_dir, *pretrained_weights,
        *device;
    int64_t steps, max_steps, warmup, seed, val_every, save_every;
    int batch, val_samples, keep, threads, workers;
    double lr, ema;
    const char *print;
    bool resume, help, version;
    bool given[CLI_MAX_OPTIONS];
    KeptTexts resumed; /* the checkpoint's, where the command line has none */
} FitOptions;

/* 0 or EXIT_USAGE, reported. Of check, the task is not known yet. To be cleared in either case. */
int fit_options_parse(FitOptions *options, int argc, char **argv);
void fit_options_clear(FitOptions *options);
/* --help; or what --print asks for: see cli/program.h. */
void fit_options_help(const char *format);
FitDataOptions fit_options_data(const FitOptions *options);

/* kept_options_save */
P2cValue *fit_options_save(const FitOptions *options);
/* Going on from a checkpoint that holds `saved`, as kept_options_take says; what decides what is
 * computed cannot be changed. 0, or an exit code, reported. */
int fit_options_resume(FitOptions *options, const P2cValue *saved);

#endif

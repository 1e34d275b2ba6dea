/* infer.h: the pieces of p2c-infer, the program that turns prepared portraits into cartoons. It uses libp2cnn by its public
 * header alone, and lib/cli. Every failure is one line on stderr; exit codes are those of p2c_exit_code. */
#ifndef INFER_H
#define INFER_H

#include "cli/cli.h"

/* ---- options.c: the command line ---- */
typedef struct Options {
    const char *weights, *output, *heatmap, *direction, *device, *precision, *list;
    int size, threads, benchmark;
    bool prepared, ema, json, help, version;
    const char **inputs;
    int input_count;
} Options;

/* 0, or the exit code of the failure that it has reported. Free with options_clear in either case. */
int options_parse(Options *options, int argc, char **argv);
void options_clear(Options *options);
void options_help(void);

/* ---- jobs.c: which picture becomes which file ---- */
typedef struct Job {
    const char *input;
    char *output, *heatmap; /* heatmap: NULL when not asked for */
} Job;

/* One job per input, or a reported failure. Refuses, before any work, to write over an input or to write a file twice. */
int jobs_plan(const Options *options, Job **jobs);
int jobs_make_folders(const Options *options);
void jobs_free(Job **jobs, int count);

/* ---- list.c, bench.c: the two modes that make no picture ---- */
int list_weights(P2cContext *ctx, const char *path);
int benchmark(P2cContext *ctx, P2cCartoonizer *cartoonizer, const Options *options);

#endif

/* infer.h: the pieces of p2c-infer, the program that turns prepared portraits into cartoons. It uses libp2cnn by its public
 * header alone. Every failure is one line on stderr; exit codes are those of p2c_exit_code. */
#ifndef INFER_H
#define INFER_H

#include "p2cnn.h"

enum { EXIT_USAGE = 2, EXIT_WRITE = 4, EXIT_MEMORY = 5, EXIT_INTERRUPTED = 130 };

/* ---- options.c: the command line ---- */
typedef struct Options {
    const char *weights, *output, *heatmap, *direction, *device, *list;
    int size, threads, benchmark;
    bool prepared, json, help, version;
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

/* ---- report.c: what people and programs read ---- */
/* One line on stderr, whatever the arguments hold: control characters become '?'. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
void print_plain(const char *text);        /* to stdout, control characters become '?' */
void print_json_string(const char *text);  /* to stdout, with its quotes */
double now_ms(void);

/* ---- progress.c: a bar on stderr, when that is a terminal and there is more than one picture ---- */
typedef struct Progress {
    int done, total;
    bool shown;
    double start;
} Progress;

Progress progress_start(int total);
void progress_show(const Progress *progress);
void progress_hide(const Progress *progress); /* before anything else is printed */

#endif

/* infer.h: the pieces of p2c-infer, the program that turns photos into cartoons. It uses libp2cnn
 * by its public header alone, and lib/cli. Every failure is one line on stderr; exit codes are
 * those of p2c_exit_code. */
#ifndef INFER_H
#define INFER_H

#include "cli/cli.h"

/* ---- options.c: the command line ---- */
typedef struct Options {
    const char *weights, *output, *heatmap, *direction, *device, *precision, *list, *export;
    const char *models, *detector, *landmarks, *matte, *faces, *layout, *background, *on_no_face;
    int size, threads, benchmark, jobs;
    bool prepared, ema, json, models_list, with_cam, help, version;
    const char **inputs;
    int input_count;
    /* What options_parse made of some of these. */
    P2cPhotoOptions photo;
    bool skip;                /* no face is no failure */
    const char *picture;      /* file of the background; NULL: none */
    char found_weights[4096]; /* of the models folder; weights points here when none were given */
} Options;

/* 0, or the exit code of the failure that it has reported. Free with options_clear in either
 * case. */
int options_parse(Options *options, int argc, char **argv);
void options_clear(Options *options);
void options_help(void);

/* ---- jobs.c: which picture becomes which file ---- */
typedef struct Job {
    char *input;            /* owned */
    char *output, *heatmap; /* heatmap: NULL when not asked for */
} Job;
typedef struct Jobs {
    Job *list;
    int count;
} Jobs;

/* One job per picture, or a reported failure. Refuses, before any work, to write over an input or
 * to write a file twice. */
int jobs_plan(const Options *options, Jobs *jobs);
int jobs_make_folders(const Options *options, const Jobs *jobs);
void jobs_free(Jobs *jobs);
/* Where picture i of a job goes: the output itself, then OUT_face2.png, OUT_face3.png... */
void jobs_name(const Job *job, int i, char *path, size_t size);

/* ---- worker.c: who makes cartoons: a context, a generator, and what finds faces ---- */
typedef struct Worker {
    P2cContext *ctx;
    P2cCartoonizer *cartoonizer;
    P2cPreparer *preparer; /* NULL: portraits are prepared */
    P2cPhotoOptions photo; /* the background's picture is this worker's */
    P2cImage picture;
} Worker;
/* 0, or the exit code of a failure that it has reported. To be closed in either case. */
int worker_open(Worker *worker, const Options *options, int threads);
void worker_close(Worker *worker);

/* ---- one.c: one picture ---- */
typedef struct Made {
    char error[1200];      /* one line; empty: it was made, or skipped */
    bool skipped;          /* no face, and that is no failure */
    P2cPhotoResult result; /* of a photo: without its pixels. To be cleared */
    double read_ms, write_ms, ms;
} Made;
/* Reads, draws, writes. Returns the exit code that goes with made->error. */
int make_one(Worker *worker, const Options *options, const Job *job, Made *made);

/* ---- say.c: what people and programs are told about it ---- */
void report_made(const Options *options, const Job *job, const Made *made);

/* ---- list.c, models.c, bench.c: the modes that make no picture ---- */
int list_weights(P2cContext *ctx, const char *path);
int list_models(const Options *options);
int benchmark(P2cContext *ctx, P2cCartoonizer *cartoonizer, const Options *options);

#endif

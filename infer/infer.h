/* infer.h: the pieces of p2c-infer, the program that turns photos into cartoons. It uses only
 * libp2cnn's public header and lib/cli. Every failure prints one line on stderr; exit codes are
 * those of p2c_exit_code. */
#ifndef INFER_H
#define INFER_H

#include "cli/cli.h"

/* ---- options.c: the command line ---- */
typedef struct Options {
    const char *weights, *output, *heatmap, *direction, *device, *precision, *list, *export;
    const char *models, *detector, *landmarks, *matte, *face_weights, *faces, *size_text, *skin,
        *layout, *background, *on_no_face, *print;
    int trained_size, threads, benchmark, jobs;
    bool prepared, ema, json, models_list, with_cam, help, version;
    const char **inputs;
    int input_count;
    /* The fields below are derived from the texts above by options_parse. */
    int size;
    double strength;
    P2cPhotoOptions photo;
    bool skip;           /* a picture without a face is no failure */
    const char *picture; /* file of the background picture; NULL if there is none */
    /* weights.pt of the models folder; `weights` points here if no weights were given */
    char found_weights[4096];
} Options;

/* Returns 0, or the exit code of a failure that it has reported. Free with options_clear in either
 * case. */
int options_parse(Options *options, int argc, char **argv);
void options_clear(Options *options);
/* --help; or what --print asks for: see cli/program.h. */
void options_help(const char *format);

/* ---- jobs.c: which picture becomes which file ---- */
typedef struct Job {
    char *input;            /* owned */
    char *output, *heatmap; /* heatmap: NULL unless requested */
} Job;
typedef struct Jobs {
    Job *list;
    int count;
} Jobs;

/* Makes one job per picture, or reports a failure. Before any work it refuses to write over an
 * input or to write a file twice. */
int jobs_plan(const Options *options, Jobs *jobs);
int jobs_make_folders(const Options *options, const Jobs *jobs);
void jobs_free(Jobs *jobs);
/* The path for cartoon i of a job: the output itself, then OUT_face2.png, OUT_face3.png... */
void jobs_name(const Job *job, int i, char *path, size_t size);

/* ---- worker.c: a worker makes cartoons with a context, a generator and a preparer ---- */
typedef struct Worker {
    P2cContext *ctx;
    P2cCartoonizer *cartoonizer;
    P2cPreparer *preparer; /* NULL if pictures are prepared portraits */
    P2cIdentity *identity; /* NULL without --face_weights */
    /* a copy of the options; the background picture belongs to this worker */
    P2cPhotoOptions photo;
    P2cImage picture;
} Worker;
/* Returns 0, or the exit code of a failure that it has reported. The worker must be closed in
 * either case. */
int worker_open(Worker *worker, const Options *options, int threads);
void worker_close(Worker *worker);

/* ---- one.c: one picture ---- */
typedef struct Made {
    char error[1200];      /* one line; empty if the picture was made or skipped */
    bool skipped;          /* there was no face, and the options say to skip such pictures */
    P2cPhotoResult result; /* the result for a photo, without its pixels; must be cleared */
    double read_ms, write_ms, ms;
} Made;
/* Reads a picture, makes its cartoons and writes them. Returns the exit code for made->error. */
int make_one(Worker *worker, const Options *options, const Job *job, Made *made);

/* ---- say.c: output about each picture, for people and programs ---- */
void report_made(const Options *options, const Job *job, const Made *made);

/* ---- list.c, models.c, bench.c: the modes that make no picture ---- */
int list_weights(P2cContext *ctx, const char *path);
int list_models(const Options *options);
int benchmark(P2cContext *ctx, P2cCartoonizer *cartoonizer, const Options *options);

#endif

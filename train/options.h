/* options.h: the command line of p2c-train: every option of the published train.py under its name,
 * and p2cnn's own. '_' and '-' are the same within a name. */
#ifndef P2C_TRAIN_OPTIONS_H
#define P2C_TRAIN_OPTIONS_H

#include "run/kept_options.h"

typedef struct Options {
    /* as published */
    const char *phase; /* "train" or "test" */
    const char *dataset, *gpu_ids, *pretrained_weights;
    int64_t iteration, print_freq, save_freq;
    int batch_size, ch, n_dis, img_size, img_ch;
    double lr, weight_decay, adv_weight, cycle_weight, identity_weight, cam_weight, faceid_weight,
        rho_clipper, w_clipper;
    bool light, decay_flag, benchmark_flag, resume;
    /* p2cnn's own */
    const char *data_root;  /* where --dataset is looked for */
    const char *result_dir; /* where run folders are made */
    const char *measure;    /* folder of pictures to measure; NULL: train or test */
    /* name of the run folder, or a path to it; NULL: from dataset and date */
    const char *run;
    const char *face_weights, *device, *precision;
    const char *preset;                 /* NULL: none; its options are in the fields here */
    const char *export_networks;        /* file to write; NULL: train */
    int64_t max_steps;                  /* stop when the run is this old; 0: at --iteration */
    int64_t milestone, eval_freq, seed; /* eval_freq 0: never */
    double ema;                         /* 0: no averaged generators */
    int ch_b2a;                         /* channels of genB2A; 0: ch */
    int identity_every;                 /* steps; see StepOptions */
    double lr_dis;                      /* 0: lr */
    int64_t autoencoder_steps;          /* the first steps, see autoencoder.h; 0: none */
    int64_t warm_up;                    /* steps in which the rates rise; 0: none */
    int accumulate, keep, threads, workers, cache_mib, benchmark;
    const char *print;
    bool widen, augment, skip_bad, override, tensorboard, help, version;
    /* of options.c */
    bool given[CLI_MAX_OPTIONS]; /* see options_given */
    KeptTexts resumed;           /* the checkpoint's --dataset, when the command line has none */
} Options;

/* Texts are borrowed from argv. 0, or the exit code of the failure that it has reported. Free with
 * options_clear in either case. */
int options_parse(Options *options, int argc, char **argv);
void options_clear(Options *options);
/* Checks that the options go together, so that none is ignored in silence. 0, or EXIT_USAGE,
 * reported. */
int options_check(const Options *options);
/* Says which options --preset sets, and to what, a line each; nothing without one. */
void options_say_preset(const Options *options);
/* --help; or what --print asks for: see cli/program.h. */
void options_help(const char *format);
/* Whether the command line gave this option. An unknown name is an assertion. */
bool options_given(const Options *options, const char *name);
/* The context that the options ask for: device_open. */
int options_open_device(const Options *options, P2cContext **ctx);

/* The options that decide what the training computes, and how often what is written; not where
 * files lie (kept_options_save). */
P2cValue *options_save(const Options *options);
/* Going on from a checkpoint that holds `saved`, as kept_options_take says: with --override the
 * command line wins, but never for what shapes the networks: ch, ch_b2a, img_size, light. On
 * failure, which is reported, the options are as before. `saved` may be freed afterwards. */
int options_resume(Options *options, const P2cValue *saved);

#endif

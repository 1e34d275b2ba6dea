/* options.h: the command line of p2c-train: every option of the published train.py under its name, and p2cnn's own. */
#ifndef P2C_TRAIN_OPTIONS_H
#define P2C_TRAIN_OPTIONS_H

#include "p2cnn.h"

typedef struct Options {
    /* as published */
    const char *phase; /* "train" or "test" */
    const char *dataset, *gpu_ids, *pretrained_weights;
    int64_t iteration, print_freq, save_freq;
    int batch_size, ch, n_dis, img_size, img_ch;
    double lr, adv_weight, cycle_weight, identity_weight, cam_weight, faceid_weight, rho_clipper, w_clipper;
    bool light, decay_flag, benchmark_flag, resume;
    /* p2cnn's own */
    const char *data_root;  /* where --dataset is looked for */
    const char *result_dir; /* where run folders are made */
    const char *run;        /* name of the run folder, or a path to it; NULL: from dataset and date */
    const char *face_weights, *device;
    int64_t max_steps;      /* stop when the run is this old; 0: at --iteration */
    int64_t milestone, eval_freq, seed; /* eval_freq 0: never */
    double ema;             /* 0: no averaged generators */
    int accumulate, keep, threads, workers, cache_mib, benchmark;
    bool augment, skip_bad, override, tensorboard, help, version;
} Options;

#endif

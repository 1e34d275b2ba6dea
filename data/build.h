/* build.h: the state of a running build, which build.c plans and judge.c decides. */
#ifndef P2C_DATA_BUILD_H
#define P2C_DATA_BUILD_H

#include "data.h"

/* A source to be prepared. */
typedef struct Item {
    const Source *source;
    char *settings;
    const char *copy_of; /* path of a source with the same bytes; NULL if there is none */
    Made made;
} Item;

/* A picture of the dataset, for finding duplicates. */
typedef struct Known {
    Look look;
    char *output;
} Known;

typedef struct Write {
    char *path;
    const P2cImage *image;
    char *error;
    P2cStatus status;
} Write;

typedef struct Counts {
    int unchanged, accepted, rejected, duplicates, faceless, failed, out_of_memory;
} Counts;

typedef struct Build {
    const Options *options;
    const char *folder; /* folder of the dataset, or the output folder */
    /* as in the published program: no manifest, no test pictures, no search for duplicates */
    bool flat;
    char domain;
    int lock;
    Pool *pool;
    P2cContext *ctx;
    Preparers *preparers;
    Sources sources;
    Manifest old, added; /* the manifest as it was found, and the rows of this build */
    Names *names;
    Item *items;
    int item_count, item_done;
    Known *known;
    int known_count;
    Write *writes;
    int write_count, write_capacity;
    Counts counts;
} Build;

/* ---- judge.c: decides what is accepted, and under which name ---- */
/* Call it in the order of the sources. It adds rows to `added`, chooses names and plans which
 * pictures to write. */
int judge_item(Build *build, Item *item);
int judge_failed(Build *build, const Source *source, const char *settings, const char *error);
int judge_know(Build *build, const Look *look, const char *output);
/* The folder for pictures of a file with this hash: "trainA" or "testA". */
void judge_folder(const Build *build, uint64_t hash, char folder[8]);
char *judge_stem(const char *output); /* "trainA/anna.png" -> "anna"; a new string */

#endif

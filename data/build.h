/* build.h: a build at work: what build.c plans and judge.c decides. */
#ifndef P2C_DATA_BUILD_H
#define P2C_DATA_BUILD_H

#include "data.h"

/* A source that is to be prepared. */
typedef struct Item {
    const Source *source;
    char *settings;
    const char *copy_of; /* a source of the same bytes; NULL: none */
    Made made;
} Item;

/* What is in the dataset already, to be compared with. */
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
    const char *folder; /* the dataset's, or where all goes */
    bool flat;          /* the published way: no manifest, no test pictures, no comparing */
    char domain;
    int lock;
    Pool *pool;
    P2cContext *ctx;
    Preparers *preparers;
    Sources sources;
    Manifest old, fresh; /* as it was found; the rows that are new */
    Names *names;
    Item *items;
    int item_count, item_done;
    Known *known;
    int known_count;
    Write *writes;
    int write_count, write_room;
    Counts counts;
} Build;

/* ---- judge.c: what becomes of what was prepared ---- */
/* In the order of the sources: rows are added to the fresh ones, names given, pictures planned to
 * be written. */
int judge_item(Build *build, Item *item);
int judge_failed(Build *build, const Source *source, const char *settings, const char *error);
int judge_know(Build *build, const Look *look, const char *output);
/* Where pictures of such a file go: "trainA", "testA". */
void judge_folder(const Build *build, uint64_t hash, char folder[8]);
char *judge_stem(const char *output); /* "trainA/anna.png" -> "anna"; new */

#endif

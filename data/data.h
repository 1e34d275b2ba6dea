/* data.h: the pieces of p2c-data, the program that makes datasets of photos and cartoons. It uses
 * libp2cnn by its public header alone, and lib/cli. Every failure is one line on stderr; functions
 * that return int return an exit code, and what it stands for has been reported. */
#ifndef P2C_DATA_H
#define P2C_DATA_H

#include "cli/cli.h"
#include "cli/folder.h"
#include "cli/pool.h"
#include "cli/stop.h"

enum { SHOW_MS = 200, LISTED = 20 };

/* ---- options.c ---- */
typedef enum Command {
    COMMAND_FOLDER /* the published data_process.py */,
    COMMAND_BUILD,
    COMMAND_CHECK
} Command;
typedef enum Align { ALIGN_FACE, ALIGN_NONE, ALIGN_CENTRE, ALIGN_POINTS /* of a file */ } Align;

typedef struct Options {
    const char *data_path, *save_path, *out, *domain, *align, *test, *size, *faces, *reject;
    const char *models, *detector, *landmarks, *matte;
    int jobs, near;
    bool keep_duplicates, strict, help, version;
    const char **inputs; /* what is left of the command line behind the command */
    int input_count;
    const char **words; /* all of it */
    /* What the texts say: */
    Command command;
    Align kind;
    double share;      /* of test pictures, 0 to 1 */
    int side;          /* of pictures, 0: their own */
    int face_limit;    /* 0: none */
    unsigned rejected; /* P2cFaceWarning */
} Options;

int options_parse(Options *options, int argc, char **argv); /* to be cleared in either case */
void options_clear(Options *options);
void options_help(void);

/* ---- text.c ---- */
/* new; NULL: memory is out */
char *text_make(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* says so; EXIT_MEMORY */
int text_no_memory(void);
/* Tabs, line ends and backslashes as \t \n \r \\, so that any name fits into a field. */
void text_field(FILE *out, const char *text);
void text_unfield(char *text); /* in place */
/* Names of warnings, such as "small,dark", and back: false when one is not known. */
void text_warnings(unsigned warnings, char *text, size_t size);
bool text_read_warnings(const char *text, unsigned *warnings);

/* ---- look.c: what a picture looks like, in numbers ---- */
enum {
    LOOK_SIDE = 16,
    LOOK_BITS = 2 * LOOK_SIDE * LOOK_SIDE,
    LOOK_WORDS = LOOK_BITS / 64,
    LOOK_NEAR = 40
};
typedef struct Look {
    uint64_t bits[LOOK_WORDS];
} Look;
P2C_CHECKED P2cStatus look_make(P2cContext *ctx, const P2cImage *picture, Look *look);
int look_distance(const Look *a, const Look *b); /* 0 to LOOK_BITS */
/* Mean brightness, 0 to 255, of what is neither transparent nor white; -1: there is nothing. */
int look_brightness(const P2cImage *picture);
/* The share of white in the border, the lower half aside, where shoulders leave the picture. */
double look_white_border(const P2cImage *picture);

/* ---- frame.c: pictures in squares ---- */
/* A square on white around the whole picture, or its middle square; scaled to side (0: not). out:
 * new, RGB or RGBA as the picture. */
P2C_CHECKED P2cStatus frame_square(P2cContext *ctx, const P2cImage *picture, bool cut, int side,
                                   P2cImage *out);
/* The surroundings of a box, twice as wide and high; the whole picture when the box lies outside of
 * it. */
P2C_CHECKED P2cStatus frame_box(P2cContext *ctx, const P2cImage *picture, P2cBox box, int side,
                                P2cImage *out);
/* in place; 0: not */
P2C_CHECKED P2cStatus frame_scale(P2cContext *ctx, P2cImage *picture, int side);

/* ---- points.c: landmarks from a file ---- */
typedef struct Points Points;
int points_open(Points **points, const char *path);
void points_close(Points **points);
/* Of the picture of this name, or else of its last part; false: none. */
bool points_find(const Points *points, const char *name, P2cFace *face);

/* ---- sources.c: which pictures ---- */
typedef struct Source {
    char *path;    /* from the root */
    size_t name;   /* path + name: within the folder that was given */
    uint64_t hash; /* of the file's bytes */
    char *error;   /* why it cannot be read; NULL: it can */
    P2cStatus status;
} Source;
typedef struct Sources {
    Source *list; /* in byte order of their paths, none twice */
    int count;
} Sources;
int sources_open(Sources *sources, const char *const *inputs, int count);
int sources_hash(Sources *sources, Pool *pool);
void sources_clear(Sources *sources);

/* ---- prepare.c: from a source to pictures ---- */
typedef struct Picture {
    P2cImage image; /* RGB, on white, as it is to be written */
    P2cBox box;
    bool has_box;
    double angle;
    int brightness;
    unsigned warnings;
    Look look;
} Picture;
typedef struct Made {
    Picture *pictures;
    int count;
    char *error; /* of a failure; NULL: none */
    P2cStatus status;
    const char *why; /* there is no picture; NULL: there are some */
} Made;
typedef struct Preparers Preparers; /* one for each thread, opened when it is first needed */
int preparers_open(Preparers **preparers, const Options *options, Pool *pool);
void preparers_close(Preparers **preparers); /* before the pool */
/* in any thread of the pool */
void prepare(Preparers *preparers, P2cContext *ctx, const Source *source, Made *made);
void made_clear(Made *made);
/* What shapes the pictures of a source, in words. New; NULL: memory is out. */
char *prepare_settings(const Preparers *preparers, const Source *source);

/* ---- manifest.c: what became of each source ---- */
typedef enum RowStatus { ROW_ACCEPTED, ROW_REJECTED, ROW_FAILED } RowStatus;
typedef struct Row {
    char domain; /* A or B */
    char *source;
    int face, faces; /* from 1; of how many */
    RowStatus status;
    char *why, *output; /* empty: none. output: within the dataset, such as trainA/anna.png */
    P2cBox box;
    bool has_box, has_look;
    double angle;
    int brightness;
    unsigned warnings;
    uint64_t hash;
    Look look;
    char *settings;
} Row;
typedef struct Manifest {
    Row *rows;
    int count;
    FILE *file; /* open for appending; NULL: not */
    char *path;
} Manifest;
/* None there: empty. */
int manifest_read(Manifest *manifest, const char *folder);
void manifest_clear(Manifest *manifest);
/* Takes the row, also on failure. */
int manifest_add(Manifest *manifest, Row row);
void row_clear(Row *row);
/* Rows of a source, which stand together; *count may be 0. */
Row *manifest_find(const Manifest *manifest, char domain, const char *source, int *count);
/* By domain, source, face; of a source that stands there several times, the last. */
int manifest_sort(Manifest *manifest);
/* to the file */
int manifest_append(Manifest *manifest, P2cContext *ctx, const Row *rows, int count);
int manifest_write(Manifest *manifest, P2cContext *ctx); /* anew; ends appending */

/* ---- names.c: what pictures are called ---- */
typedef struct Names Names;
Names *names_open(void); /* NULL: memory is out */
void names_close(Names **names);
bool names_add(Names *names, const char *name); /* false: memory is out */
bool names_have(const Names *names, const char *name);
void names_remove(Names *names, const char *name);
/* What the picture of a face is to be called, without folder and ending: by the source's last name,
 * or by its folders too where that is taken, or with a number. New; NULL: memory is out. */
char *names_choose(const Names *names, const char *source_name, int face,
                   bool (*taken)(const void *where, const char *stem), const void *where);

/* ---- build.c, sheet.c, check.c ---- */
int build(const Options *options); /* also the published way, into one folder */
int sheet_write(Pool *pool, const Manifest *manifest, const char *folder);
int check(const Options *options);

#endif

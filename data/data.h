/* data.h: the pieces of p2c-data, the program that makes datasets of photos and cartoons. It uses
 * only libp2cnn's public header and lib/cli. Every failure prints one line on stderr. Functions
 * that return int return an exit code and have reported its cause. */
#ifndef P2C_DATA_H
#define P2C_DATA_H

#include "cli/cli.h"
#include "cli/folder.h"
#include "cli/pool.h"
#include "cli/stop.h"

enum { SHOW_MS = 200, LISTED = 20 };

/* ---- options.c ---- */
typedef enum Command {
    COMMAND_FOLDER /* like the published data_process.py */,
    COMMAND_BUILD,
    COMMAND_CHECK
} Command;
/* POINTS: landmarks from a file */
typedef enum Align { ALIGN_FACE, ALIGN_NONE, ALIGN_CENTRE, ALIGN_POINTS } Align;

typedef struct Options {
    const char *data_path, *save_path, *out, *domain, *align, *test, *size, *faces, *reject;
    const char *models, *detector, *landmarks, *matte;
    int jobs, near;
    const char *print;
    bool keep_duplicates, strict, help, version;
    const char **inputs; /* the arguments after the command */
    int input_count;
    const char **words; /* the allocated array, all arguments */
    /* The fields below are derived from the texts above: */
    Command command;
    Align kind;
    double share;      /* fraction of test pictures, 0 to 1 */
    int side;          /* side of the pictures; 0: as large as each face is in its photo */
    int face_limit;    /* 0: all faces */
    unsigned rejected; /* P2cFaceWarning bits */
} Options;

/* Options must be cleared even after a failure. */
int options_parse(Options *options, int argc, char **argv);
void options_clear(Options *options);
/* --help; or what --print asks for: see cli/program.h. */
void options_help(const char *format);

/* ---- text.c ---- */
/* a new string; NULL when out of memory */
char *text_make(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* reports that memory is exhausted; returns EXIT_MEMORY */
int text_no_memory(void);
/* Writes tabs, line ends and backslashes as \t \n \r \\, so that any name fits into a field. */
void text_field(FILE *out, const char *text);
void text_unfield(char *text); /* the reverse, in place */
/* Writes names of warnings, such as "small,dark", or reads them. Reading returns false if a name is
 * unknown. */
void text_warnings(unsigned warnings, char *text, size_t size);
bool text_read_warnings(const char *text, unsigned *warnings);

/* ---- look.c: a hash of what a picture looks like ---- */
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
int look_distance(const Look *a, const Look *b); /* number of different bits, 0 to LOOK_BITS */
/* Mean brightness, 0 to 255, of all pixels that are neither transparent nor white; -1 if there are
 * none. */
int look_brightness(const P2cImage *picture);
/* The fraction of the border that is white. Its lower half is ignored, because shoulders reach
 * it. */
double look_white_border(const P2cImage *picture);

/* ---- frame.c: makes pictures square ---- */
/* Makes a square on white around the whole picture, or cuts out its middle square, scaled to side
 * unless that is 0. out: new picture, RGB or RGBA like the picture. */
P2C_CHECKED P2cStatus frame_square(P2cContext *ctx, const P2cImage *picture, bool cut, int side,
                                   P2cImage *out);
/* Cuts out the surroundings of a box, twice as wide and high; the whole picture if the box lies
 * outside of it. */
P2C_CHECKED P2cStatus frame_box(P2cContext *ctx, const P2cImage *picture, P2cBox box, int side,
                                P2cImage *out);
/* Scales in place, unless side is 0. */
P2C_CHECKED P2cStatus frame_scale(P2cContext *ctx, P2cImage *picture, int side);

/* ---- points.c: landmarks from a file ---- */
typedef struct Points Points;
int points_open(Points **points, const char *path);
void points_close(Points **points);
/* Finds the points for the picture with this name, or else with its last part. Returns false if
 * there are none. */
bool points_find(const Points *points, const char *name, P2cFace *face);

/* ---- sources.c: lists the source pictures ---- */
typedef struct Source {
    char *path;    /* absolute path */
    size_t name;   /* path + name is the path within the given folder */
    uint64_t hash; /* hash of the file's bytes */
    char *error;   /* why it cannot be read; NULL if it can */
    P2cStatus status;
} Source;
typedef struct Sources {
    Source *list; /* sorted by the bytes of the paths, without duplicates */
    int count;
} Sources;
int sources_open(Sources *sources, const char *const *inputs, int count);
int sources_hash(Sources *sources, Pool *pool);
void sources_clear(Sources *sources);

/* ---- prepare.c: makes pictures from a source ---- */
typedef struct Picture {
    P2cImage image; /* RGB, on white, ready to be written */
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
    char *error; /* text of a failure; NULL if there was none */
    P2cStatus status;
    const char *why; /* why there is no picture; NULL if there are some */
} Made;
typedef struct Preparers Preparers; /* one preparer for each thread, opened when first needed */
int preparers_open(Preparers **preparers, const Options *options, Pool *pool);
void preparers_close(Preparers **preparers); /* call it before closing the pool */
/* may be called in any thread of the pool */
void prepare(Preparers *preparers, P2cContext *ctx, const Source *source, Made *made);
void made_clear(Made *made);
/* Describes the settings that shape the pictures of a source. A new string; NULL when out of
 * memory. */
char *prepare_settings(const Preparers *preparers, const Source *source);

/* ---- manifest.c: what became of each source ---- */
typedef enum RowStatus { ROW_ACCEPTED, ROW_REJECTED, ROW_FAILED } RowStatus;
typedef struct Row {
    char domain; /* A or B */
    char *source;
    int face, faces; /* number of the face, from 1, and number of faces in the source */
    RowStatus status;
    /* why: empty if accepted. output: path within the dataset, such as trainA/anna.png */
    char *why, *output;
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
    FILE *file; /* open for appending, or NULL */
    char *path;
} Manifest;
/* Reads the manifest; it is empty if the file does not exist. */
int manifest_read(Manifest *manifest, const char *folder);
void manifest_clear(Manifest *manifest);
/* Takes ownership of the row, even on failure. */
int manifest_add(Manifest *manifest, Row row);
void row_clear(Row *row);
/* The rows of a source, which are adjacent; *count may be 0. */
Row *manifest_find(const Manifest *manifest, char domain, const char *source, int *count);
/* Sorts by domain, source, face. If a source has several groups of rows, only the last one
 * stays. */
int manifest_sort(Manifest *manifest);
/* appends rows to the file */
int manifest_append(Manifest *manifest, P2cContext *ctx, const Row *rows, int count);
/* writes the whole file again; appending ends */
int manifest_write(Manifest *manifest, P2cContext *ctx);

/* ---- names.c: chooses names of pictures ---- */
typedef struct Names Names;
Names *names_open(void); /* NULL when out of memory */
void names_close(Names **names);
bool names_add(Names *names, const char *name); /* false when out of memory */
bool names_have(const Names *names, const char *name);
void names_remove(Names *names, const char *name);
/* Chooses the name for the picture of a face, without folder and ending: the source's file name; if
 * that is taken, with its folders; if that is taken, too, with a number. A new string; NULL when
 * out of memory. */
char *names_choose(const Names *names, const char *source_name, int face,
                   bool (*taken)(const void *where, const char *stem), const void *where);

/* ---- build.c, sheet.c, check.c ---- */
int build(const Options *options); /* also for COMMAND_FOLDER */
int sheet_write(Pool *pool, const Manifest *manifest, const char *folder);
int check(const Options *options);

#endif

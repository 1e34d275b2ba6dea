/* cli.h: what the programs share, linked into each and not part of libp2cnn: one-line failures,
 * JSON, a clock, a progress bar, the command line. */
#ifndef P2C_CLI_H
#define P2C_CLI_H

#include <stdio.h>

#include "p2cnn.h"

enum {
    EXIT_USAGE = 2,
    EXIT_BAD_INPUT = 3,
    EXIT_WRITE = 4,
    EXIT_MEMORY = 5,
    EXIT_DEVICE = 6,
    EXIT_DIVERGED = 7,
    EXIT_INTERRUPTED = 130,
    EXIT_TERMINATED = 143
};

/* Defined by each program: the name that its messages begin with. */
extern const char *const program_name;

/* ---- report.c: what people and programs read ---- */
/* One line on stderr, "<program>: ...", whatever the arguments hold: control characters become
 * '?'. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Complains of the newest failure unless the status is P2C_OK; returns what to exit with. */
int report_status(const P2cContext *ctx, P2cStatus status);
/* One line on stdout, at once, also into a pipe; control characters become '?'. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* to stdout, control characters become '?' */
void print_plain(const char *text);
void print_json_string(FILE *stream, const char *text); /* with its quotes */
/* Bytes of the UTF-8 character at s (RFC 3629: no overlong forms, no surrogates), 0 when there is
 * none. */
int utf8_length(const unsigned char *s);
/* Ends what was printed on stdout; returns the program's exit code, which is EXIT_WRITE, reported,
 * when all went well but that. Call last in main. */
int end_output(int code);
/* Descriptors 0 to 2 are never those of a file that is opened later: a program may be started
 * without them. Call first in main. */
void reserve_streams(void);

/* ---- device.c: where to compute ---- */
#define CLI_DEVICE "cpu|cuda[:N]|auto" /* what the help calls --device and --precision */
#define CLI_PRECISION "fp32|tf32|bf16"
typedef struct DeviceChoice {
    /* precision NULL: the device's own choice; gpu_ids, photo2cartoon's way to say cuda:N: NULL:
     * not said */
    const char *device, *precision, *gpu_ids;
    int threads;
} DeviceChoice;
/* A context as the command line asks for it. 0, or the exit code of the failure that it has
 * reported. To be freed in either case. */
int device_open(P2cContext **ctx, DeviceChoice choice);
/* Complains of the failure of a device, of which whoever returned `code` has said nothing; returns
 * it. */
int report_device(const P2cContext *ctx, int code);
/* "precision": "fp32", and of a GPU the memory that was taken, "device_mib": 123.4, and "device":
 * what it is: the end of a benchmark's line. */
void print_json_device(const P2cContext *ctx);

/* ---- measure.c ---- */
double now_ms(void); /* of a clock that never jumps */
/* puts them in order, at least one; the least is then the first */
double sort_median(double *values, int count);
double peak_memory_mib(void); /* the most that was resident at a time */
/* of a graph that has run; NAN when it cannot be read */
double scalar_of(const P2cNode *node);

/* ---- progress.c: a bar on stderr, on a terminal, for more than one item ---- */
typedef struct Progress {
    int done, total;
    bool shown;
    double start;
} Progress;

/* [####----] without its brackets: `width` characters and a 0. */
void progress_bar(char *text, int width, int64_t done, int64_t total);
Progress progress_start(int total);
void progress_show(const Progress *progress);
void progress_hide(const Progress *progress); /* before anything else is printed */

/* ---- options.c: the command line, read by a table: names, values, limits, help ---- */
typedef enum CliKind {
    CLI_HEADING, /* no option: a line of the help, above those that follow */
    CLI_FLAG,    /* bool. --x, without a value */
    CLI_BOOL,    /* bool. --x (true), --x no, --x=no; true, false, yes, no, 1, 0, in any case */
    CLI_TEXT,    /* const char *, borrowed from argv, never empty */
    CLI_CHOICE,  /* the same: one of those in `value`, such as "train|test" */
    CLI_WHOLE,   /* int */
    CLI_LONG,    /* int64_t */
    CLI_REAL,    /* double, finite */
    CLI_INPUT,   /* the value is an input, as if it stood alone */
} CliKind;

typedef struct CliOption {
    /* '_' and '-' are the same in it, here and on the command line; of a heading: its text */
    const char *name;
    char letter; /* of -x; 0: none */
    CliKind kind;
    size_t field; /* offset of the value in the program's struct */
    /* limits of a number, both allowed; high HUGE_VAL: none (of an int: that of the type) */
    double low, high;
    const char *value, *help; /* value: what the help calls it; NULL for a FLAG */
    unsigned marks;           /* the program's own */
} CliOption;

enum { CLI_MAX_OPTIONS = 80 }; /* headings count */

/* The caller's storage. Set all but the last two. */
typedef struct CliParser {
    const CliOption *table;
    int count;
    /* the program's struct, with its defaults in place; values are stored into it */
    void *fields;
    const char **inputs; /* room for argc of them; NULL: the program takes none */
    int input_count;
    bool given[CLI_MAX_OPTIONS]; /* by place in the table: the command line said so */
} CliParser;

/* 0, or EXIT_USAGE, reported. An option given twice: the last one counts. */
int cli_parse(CliParser *parser, int argc, char **argv);
/* help.c: the options below their headings, at most 80 columns wide. With defaults (a struct of the
 * program) each tells its own. */
void cli_help(const CliOption *table, int count, const void *defaults);
/* Place in the table of the option of this name, -1: none. */
int cli_find(const CliOption *table, int count, const char *name);
/* Stores what `text` says; false, and nothing stored, when the option does not accept it. Not of an
 * INPUT. */
P2C_CHECKED bool cli_set(const CliOption *option, void *fields, const char *text);
/* What it does accept, such as "a whole number from 1 to 64". */
void cli_expected(const CliOption *option, char *text, size_t size);
/* Its value as one would type it: "true", "0.0001"; a number so that it reads back as the same.
 * Empty: a text that is not set. */
void cli_value(const CliOption *option, const void *fields, char *text, size_t size);

#endif

/* cli.h: what the programs share: failures of one line, JSON, a clock, a progress bar, the command
 * line. It is linked into each program and not part of libp2cnn. */
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

/* ---- report.c: output for people and programs ---- */
/* Prints one line on stderr, "<program>: ...". Control characters in the arguments become '?'. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Complains of the newest failure unless the status is P2C_OK. Returns the exit code for it. */
int report_status(const P2cContext *ctx, P2cStatus status);
/* Prints one line on stdout and flushes it, even into a pipe. Control characters become '?'. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Prints to stdout; control characters become '?'. */
void print_plain(const char *text);
void print_json_string(FILE *stream, const char *text); /* quotes included */
/* Length in bytes of the UTF-8 character at s (RFC 3629: no overlong forms, no surrogates), or 0 if
 * there is none. */
int utf8_length(const unsigned char *s);
/* Flushes stdout. Returns `code`, or EXIT_WRITE, with a message, if the flush fails although all
 * else went well. Call it last in main. */
int end_output(int code);
/* Opens descriptors 0 to 2 if they are closed, so that no file gets their numbers later. Call it
 * first in main. */
void reserve_streams(void);

/* ---- device.c: where to compute ---- */
/* the values of --device and --precision as help shows them */
#define CLI_DEVICE "cpu|cuda[:N]|auto"
#define CLI_PRECISION "fp32|tf32|bf16"
typedef struct DeviceChoice {
    /* precision NULL means the device's default. gpu_ids is photo2cartoon's form of cuda:N; NULL if
     * not given. */
    const char *device, *precision, *gpu_ids;
    int threads;
} DeviceChoice;
/* Opens a context as the command line says. Returns 0, or the exit code of a failure that it has
 * reported. The context must be freed in either case. */
int device_open(P2cContext **ctx, DeviceChoice choice);
/* Reports the failure of a device if `code` says that there was one and nobody has reported it.
 * Returns `code`. */
int report_device(const P2cContext *ctx, int code);
/* As report_status, but says nothing when the device failed (EXIT_DEVICE): whoever ends the run
 * says it once, with report_device or in words of its own. */
int report_unless_device(const P2cContext *ctx, P2cStatus status);
/* Prints the end of a benchmark's line: "precision": "fp32", for a GPU also "device_mib": 123.4
 * (memory taken), and "device": its name. */
void print_json_device(const P2cContext *ctx);

/* ---- measure.c ---- */
double now_ms(void); /* from a clock that never jumps */
/* Sorts the values, at least one, and returns the median. The smallest is then the first. */
double sort_median(double *values, int count);
double peak_memory_mib(void); /* the largest resident memory so far */
/* The value of a scalar in a graph that has run; NAN when it cannot be read. */
double scalar_of(const P2cNode *node);

/* ---- progress.c: a bar on stderr, on a terminal, for more than one item ---- */
typedef struct Progress {
    int done, total;
    bool shown;
    double start;
} Progress;

/* Draws "####----": `width` characters and a 0. */
void progress_bar(char *text, int width, int64_t done, int64_t total);
Progress progress_start(int total);
void progress_show(const Progress *progress);
void progress_hide(const Progress *progress); /* call it before anything else is printed */

/* ---- options.c: the command line from a table of names, values, limits and help ---- */
typedef enum CliKind {
    CLI_HEADING, /* not an option: a heading in the help for the options below it */
    CLI_FLAG,    /* bool. --x, without a value */
    /* bool. --x means true; also --x no, --x=no. Accepts true, false, yes, no, 1, 0 in any case. */
    CLI_BOOL,
    CLI_TEXT,   /* const char *, borrowed from argv, never empty */
    CLI_CHOICE, /* const char *: one of the choices in `value`, such as "train|test" */
    CLI_WHOLE,  /* int */
    CLI_LONG,   /* int64_t */
    CLI_REAL,   /* double, finite */
    CLI_INPUT,  /* its value is an input, as if it stood without the option */
} CliKind;

typedef struct CliOption {
    /* '_' and '-' mean the same in a name, here and on the command line. For a heading: its
     * text. */
    const char *name;
    char letter; /* x for the short form -x; 0 for none */
    CliKind kind;
    size_t field; /* offset of the value in the program's struct */
    /* limits of a number, inclusive; high HUGE_VAL: no limit (for an int: that of its type) */
    double low, high;
    const char *value, *help; /* value: what help calls the value; NULL for a FLAG */
    unsigned marks;           /* free for the program's use */
} CliOption;

enum { CLI_MAX_OPTIONS = 80 }; /* headings count, too */

/* The caller's storage. Set all fields except the last two. */
typedef struct CliParser {
    const CliOption *table;
    int count;
    /* the program's struct with its defaults; values are stored into it */
    void *fields;
    const char **inputs; /* an array of at least argc inputs; NULL if the program takes none */
    int input_count;
    /* by index in the table: true if the command line has the option */
    bool given[CLI_MAX_OPTIONS];
} CliParser;

/* Returns 0, or EXIT_USAGE after a message. If an option is given twice, the last one counts. */
int cli_parse(CliParser *parser, int argc, char **argv);
/* Returns the index of the option with this name, or -1. */
int cli_find(const CliOption *table, int count, const char *name);
/* Stores the value that `text` says. Returns false, and stores nothing, if the option does not
 * accept it. Not for an INPUT. */
P2C_CHECKED bool cli_set(const CliOption *option, void *fields, const char *text);
/* Describes what the option accepts, such as "a whole number from 1 to 64". */
void cli_expected(const CliOption *option, char *text, size_t size);
/* Writes the option's value as one would type it: "true", "0.0001". Reading a number back gives the
 * same number. A text that is not set gives "". */
void cli_value(const CliOption *option, const void *fields, char *text, size_t size);

#endif

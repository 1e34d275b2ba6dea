/* cli.h: what the programs share, linked into each and not part of libp2cnn: one-line failures, JSON, a clock, a progress bar, the
 * command line. */
#ifndef P2C_CLI_H
#define P2C_CLI_H

#include <stdio.h>

#include "p2cnn.h"

enum { EXIT_USAGE = 2, EXIT_BAD_INPUT = 3, EXIT_WRITE = 4, EXIT_MEMORY = 5, EXIT_DEVICE = 6, EXIT_DIVERGED = 7, EXIT_INTERRUPTED = 130, EXIT_TERMINATED = 143 };

/* Defined by each program: the name that its messages begin with. */
extern const char *const program_name;

/* ---- report.c: what people and programs read ---- */
/* One line on stderr, "<program>: ...", whatever the arguments hold: control characters become '?'. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
void print_plain(const char *text);                     /* to stdout, control characters become '?' */
void print_json_string(FILE *stream, const char *text); /* with its quotes */
/* Bytes of the UTF-8 character at s (RFC 3629: no overlong forms, no surrogates), 0 when there is none. */
int utf8_length(const unsigned char *s);
double now_ms(void);                                    /* of a clock that never jumps */

/* ---- progress.c: a bar on stderr, when that is a terminal and there is more than one of what is counted ---- */
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

#endif

/* program.h: what a program tells of itself. One description is its --help, its manual page, and
 * what a shell completes, so that the three cannot disagree. */
#ifndef P2C_CLI_PROGRAM_H
#define P2C_CLI_PROGRAM_H

#include "cli.h"

/* Texts are paragraphs with an empty line between them. A paragraph is wrapped, except for lines
 * that begin with two blanks: those are printed as they are. */
typedef struct CliProgram {
    const char *name;     /* "p2c-infer" */
    const char *summary;  /* "turns photos into cartoons": follows the name */
    const char *synopsis; /* how it is called: lines, without the program's name */
    const char *intro;    /* above the options */
    const CliOption *table;
    int count;
    const void *defaults; /* the struct of options as it begins; NULL: defaults are not told */
    const char *exit_codes;
    const char *commands; /* words that may come first, separated by blanks; NULL: none */
} CliProgram;

#define CLI_PRINT_FORMATS "man|bash|zsh"
/* A manual page in the language of man(7), or a completion for a shell, on stdout. format: one of
 * CLI_PRINT_FORMATS; NULL: --help, at most 80 columns wide. */
void cli_print_program(const CliProgram *program, const char *format);

/* ---- for help.c, manual.c and completion.c ---- */

/* The default as people would type it: " (256)"; empty when there is nothing to say. */
void cli_default(const CliOption *option, const void *defaults, char *text, size_t size);
void cli_print_manual(const CliProgram *program);
void cli_print_bash(const CliProgram *program);
void cli_print_zsh(const CliProgram *program);

#endif

/* help.c: a program's --help, from its table of options, wrapped to the width of a terminal. */
#include <string.h>

#include "program.h"

enum { COLUMNS = 80, OPTION_WIDTH = 26 };

/* ---- wrapping -------------------------------------------------------------------------------- */

/* Prints `length` bytes word by word from `column` on; later lines begin with `indent` blanks. */
static void wrap(const char *text, size_t length, int column, int indent) {
    const char *end = text + length;
    bool first = true;
    while (text < end) {
        size_t blanks = strspn(text, " \n");
        text += blanks;
        if (text >= end) break;
        size_t word = strcspn(text, " \n");
        if (text + word > end) word = (size_t)(end - text);
        if (!word) break;
        if (!first && column + 1 + (int)word > COLUMNS) {
            printf("\n%*s", indent, "");
            column = indent;
        } else if (!first) {
            putchar(' ');
            column++;
        }
        printf("%.*s", (int)word, text);
        column += (int)word;
        text += word;
        first = false;
    }
    putchar('\n');
}

/* Paragraphs, and lines as they are: see program.h. */
static void print_text(const char *text) {
    while (*text) {
        const char *end = strchr(text, '\n');
        size_t length = end ? (size_t)(end - text) : strlen(text);
        if (!length || !strncmp(text, "  ", 2)) printf("%.*s\n", (int)length, text);
        else wrap(text, length, 0, 0);
        text += length + (end != NULL);
    }
}

/* ---- options --------------------------------------------------------------------------------- */

void cli_default(const CliOption *option, const void *defaults, char *text, size_t size) {
    char value[64] = "";
    if (defaults && option->kind != CLI_FLAG && option->kind != CLI_INPUT)
        cli_value(option, defaults, value, sizeof value);
    snprintf(text, size, "%s%s%s", *value ? " (" : "", value, *value ? ")" : "");
}

/* The name on the left; beside it, or below when the name is long, what the option does. */
static void print_option(const CliOption *o, const void *defaults) {
    char left[80], text[1024], standard[80];
    int length = snprintf(left, sizeof left, "  %c%c%s--%s%s%s", o->letter ? '-' : ' ',
                          o->letter ? o->letter : ' ', o->letter ? ", " : "  ", o->name,
                          o->value ? " " : "", o->value ? o->value : "");
    if (length < OPTION_WIDTH) printf("%-*s", OPTION_WIDTH, left);
    else printf("%s\n%*s", left, OPTION_WIDTH, "");
    cli_default(o, defaults, standard, sizeof standard);
    snprintf(text, sizeof text, "%s%s", o->help, standard);
    wrap(text, strlen(text), OPTION_WIDTH, OPTION_WIDTH);
}

static void print_options(const CliOption *table, int count, const void *defaults) {
    for (int i = 0; i < count; i++)
        if (table[i].kind == CLI_HEADING) printf("%s%s\n", i ? "\n" : "", table[i].name);
        else print_option(&table[i], defaults);
}

static void print_help(const CliProgram *p) {
    char first[256];
    snprintf(first, sizeof first, "%s %s.", p->name, p->summary);
    print_text(first);
    putchar('\n');
    print_text(p->intro);
    putchar('\n');
    print_options(p->table, p->count, p->defaults);
    printf("\nExit codes\n");
    print_text(p->exit_codes);
}

void cli_print_program(const CliProgram *program, const char *format) {
    if (!format) print_help(program);
    else if (!strcmp(format, "man")) cli_print_manual(program);
    else if (!strcmp(format, "bash")) cli_print_bash(program);
    else cli_print_zsh(program);
}

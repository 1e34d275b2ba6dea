/* manual.c: a program's manual page, in the macros of man(7): the texts and options of --help. */
#include <ctype.h>
#include <string.h>

#include "program.h"

/* Text for roff: a backslash and a hyphen are escaped, and so is what would be a macro at the
 * beginning of a line. */
static void print_escaped(const char *text, size_t length) {
    if (length && (*text == '.' || *text == '\'')) printf("\\&");
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\\') printf("\\e");
        else if (text[i] == '-') printf("\\-");
        else putchar(text[i]);
    }
}

static void print_line(const char *text) {
    print_escaped(text, strlen(text));
    putchar('\n');
}

/* Runs of lines that begin with two blanks are not filled. */
static void print_text(const char *text) {
    bool plain = false;
    while (*text) {
        const char *end = strchr(text, '\n');
        size_t length = end ? (size_t)(end - text) : strlen(text);
        bool as_it_is = !strncmp(text, "  ", 2);
        if (as_it_is != plain) printf(as_it_is ? ".PP\n.nf\n" : ".fi\n");
        plain = as_it_is;
        if (!length) printf(plain ? "\n" : ".PP\n");
        else {
            print_escaped(text, length);
            putchar('\n');
        }
        text += length + (end != NULL);
    }
    if (plain) printf(".fi\n");
}

static void print_name(const CliProgram *p) {
    printf(".TH ");
    for (const char *c = p->name; *c; c++) putchar(toupper((unsigned char)*c));
    printf(" 1 \"\" \"p2cnn %s\" \"p2cnn manual\"\n.SH NAME\n", p2c_version());
    print_escaped(p->name, strlen(p->name));
    printf(" \\- ");
    print_line(p->summary);
}

static void print_synopsis(const CliProgram *p) {
    printf(".SH SYNOPSIS\n");
    for (const char *line = p->synopsis; *line;) {
        size_t length = strcspn(line, "\n");
        printf(".B ");
        print_line(p->name);
        print_escaped(line, length);
        printf("\n.br\n");
        line += length + (line[length] == '\n');
    }
}

static void print_option(const CliOption *o, const void *defaults) {
    char standard[80];
    printf(".TP\n");
    if (o->letter) printf("\\fB\\-%c\\fR, ", o->letter);
    printf("\\fB\\-\\-");
    print_escaped(o->name, strlen(o->name));
    printf("\\fR");
    if (o->value) {
        printf(" \\fI");
        print_escaped(o->value, strlen(o->value));
        printf("\\fR");
    }
    putchar('\n');
    cli_default(o, defaults, standard, sizeof standard);
    print_escaped(o->help, strlen(o->help));
    print_line(standard);
}

void cli_print_manual(const CliProgram *p) {
    print_name(p);
    print_synopsis(p);
    printf(".SH DESCRIPTION\n");
    print_text(p->intro);
    printf(".SH OPTIONS\n");
    for (int i = 0; i < p->count; i++) {
        if (p->table[i].kind != CLI_HEADING) print_option(&p->table[i], p->defaults);
        else {
            printf(".SS ");
            print_line(p->table[i].name);
        }
    }
    printf(".SH EXIT STATUS\n");
    print_text(p->exit_codes);
}

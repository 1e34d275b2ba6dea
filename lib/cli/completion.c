/* completion.c: what a shell completes when the name of a program was typed: its options, and the
 * values of those that have a fixed list of them. */
#include <string.h>

#include "program.h"

/* The next alternative of "cpu|cuda[:N]|auto", without what is in brackets; false: none is left. */
static bool next_alternative(const char **at, char *word, size_t size) {
    size_t n = 0;
    const char *c = *at;
    if (!c || !*c) return false;
    for (; *c && *c != '|'; c++) {
        if (*c == '[') c += strcspn(c, "]");
        else if (n + 1 < size) word[n++] = *c;
        if (!*c) break;
    }
    word[n] = 0;
    *at = *c ? c + 1 : c;
    return true;
}

/* Capitals stand for something else: FILE, N; A2B is a word. */
static bool is_placeholder(const char *word) {
    return word[strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] == 0;
}

static bool is_path(const char *word) {
    static const char *const words[] = { "FILE", "DIR", "PATH", "IN", "OUT" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(word, words[i])) return true;
    return false;
}

/* words: what may be given, separated by blanks; *path: a file may be given, too. */
static void list_choices(const CliOption *o, char *words, size_t size, bool *path) {
    char word[64];
    const char *at = o->value;
    *path = false;
    for (*words = 0; next_alternative(&at, word, sizeof word);) {
        size_t n = strlen(words);
        if (is_path(word)) *path = true;
        else if (!is_placeholder(word)) snprintf(words + n, size - n, "%s%s", n ? " " : "", word);
    }
}

/* p2c-infer -> _p2c_infer */
static void print_function(const char *name) {
    putchar('_');
    for (; *name; name++) putchar(*name == '-' ? '_' : *name);
}

/* ---- bash ------------------------------------------------------------------------------------ */

/* The value of a BOOL may be left out, so what follows one is not known to be its value. */
static void print_bash_values(const CliProgram *p) {
    char words[256];
    bool path;
    for (int i = 0; i < p->count; i++) {
        const CliOption *o = &p->table[i];
        if (o->kind == CLI_HEADING || o->kind == CLI_FLAG || o->kind == CLI_BOOL) continue;
        list_choices(o, words, sizeof words, &path);
        printf("    --%s) mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$word\"%s); return ;;\n",
               o->name, words, path ? "; compgen -f -- \"$word\"" : "");
    }
}

void cli_print_bash(const CliProgram *p) {
    printf("# bash completion for %s, made by: %s --print bash\n", p->name, p->name);
    print_function(p->name);
    printf("() {\n"
           "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
           "    case $before in\n");
    print_bash_values(p);
    printf("    esac\n    case $word in\n    -*) mapfile -t COMPREPLY < <(compgen -W '");
    for (int i = 0; i < p->count; i++)
        if (p->table[i].kind != CLI_HEADING) printf("--%s ", p->table[i].name);
    printf("' -- \"$word\") ;;\n    *) mapfile -t COMPREPLY < <(compgen -f -- \"$word\")");
    if (p->commands)
        printf("\n       [ \"$COMP_CWORD\" != 1 ] ||"
               " COMPREPLY+=($(compgen -W '%s' -- \"$word\"))",
               p->commands);
    printf(" ;;\n    esac\n}\ncomplete -o filenames -F ");
    print_function(p->name);
    printf(" %s\n", p->name);
}

/* ---- zsh ------------------------------------------------------------------------------------- */

/* Inside of '...[...]...': no quote, no bracket and no colon may stand there bare. */
static void print_zsh_text(const char *text) {
    for (; *text; text++) {
        if (*text == '\'') printf("'\\''");
        else {
            if (strchr("[]:\\", *text)) putchar('\\');
            putchar(*text);
        }
    }
}

static void print_zsh_option(const CliOption *o) {
    char words[256];
    bool path;
    list_choices(o, words, sizeof words, &path);
    printf(" \\\n    '--%s%s[", o->name, o->value ? "=" : "");
    print_zsh_text(o->help);
    putchar(']');
    if (o->value) {
        printf(o->kind == CLI_BOOL ? "::" : ":"); /* the value of a BOOL may be left out */
        print_zsh_text(o->value);
        printf(path && *words ? ":{_files; compadd -- %s}"
               : path         ? ":_files"
               : *words       ? ":(%s)"
                              : ":",
               words);
    }
    putchar('\'');
}

void cli_print_zsh(const CliProgram *p) {
    printf("#compdef %s\n# zsh completion, made by: %s --print zsh\n_arguments", p->name, p->name);
    for (int i = 0; i < p->count; i++)
        if (p->table[i].kind != CLI_HEADING) print_zsh_option(&p->table[i]);
    if (p->commands) printf(" \\\n    '1:command:(%s)'", p->commands);
    printf(" \\\n    '*:file:_files'\n");
}

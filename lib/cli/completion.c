/* completion.c: what a shell completes when the name of a program was typed: its options, and the
 * values of those that have a fixed list of them. */
#include <string.h>

#include "program.h"

/* "cpu|cuda[:N]|auto" -> "cpu cuda auto"; empty when any value may be given. */
static void list_choices(const CliOption *o, char *words, size_t size) {
    size_t n = 0;
    bool is_list = o->kind == CLI_CHOICE || o->kind == CLI_BOOL ||
                   (o->kind == CLI_TEXT && strchr(o->value, '|'));
    for (const char *c = is_list ? o->value : ""; *c && n + 1 < size; c++) {
        if (*c == '[') c += strcspn(c, "]");
        else words[n++] = *c == '|' ? ' ' : *c;
        if (!*c) break;
    }
    words[n] = 0;
}

/* Whether its value names something on disk. */
static bool is_path(const CliOption *o) {
    static const char *const words[] = { "FILE", "DIR", "PATH", "IN", "OUT" };
    for (size_t i = 0; o->value && i < sizeof words / sizeof *words; i++)
        if (strstr(o->value, words[i])) return true;
    return false;
}

/* p2c-infer -> _p2c_infer */
static void print_function(const char *name) {
    putchar('_');
    for (; *name; name++) putchar(*name == '-' ? '_' : *name);
}

/* ---- bash ------------------------------------------------------------------------------------ */

static void print_bash_values(const CliProgram *p) {
    char words[256];
    for (int i = 0; i < p->count; i++) {
        const CliOption *o = &p->table[i];
        if (o->kind == CLI_HEADING || o->kind == CLI_FLAG) continue;
        list_choices(o, words, sizeof words);
        if (!*words && is_path(o)) continue;
        printf("    --%s) COMPREPLY=($(compgen -W '%s' -- \"$word\")); return ;;\n", o->name,
               words);
    }
}

void cli_print_bash(const CliProgram *p) {
    printf("# bash completion for %s, made by: %s --print bash\n", p->name, p->name);
    print_function(p->name);
    printf("() {\n"
           "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
           "    case $before in\n");
    print_bash_values(p);
    printf("    esac\n    case $word in\n    -*) COMPREPLY=($(compgen -W '");
    for (int i = 0; i < p->count; i++)
        if (p->table[i].kind != CLI_HEADING) printf("--%s ", p->table[i].name);
    printf("' -- \"$word\")) ;;\n    *) COMPREPLY=($(compgen -f -- \"$word\")");
    if (p->commands)
        printf("); [ \"$COMP_CWORD\" != 1 ] || COMPREPLY+=($(compgen -W '%s' -- \"$word\")",
               p->commands);
    printf(") ;;\n    esac\n}\ncomplete -o filenames -F ");
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
    list_choices(o, words, sizeof words);
    printf(" \\\n    '--%s%s[", o->name, o->value ? "=" : "");
    print_zsh_text(o->help);
    putchar(']');
    if (o->value) {
        putchar(':');
        print_zsh_text(o->value);
        printf(*words ? ":(%s)" : is_path(o) ? ":_files" : ":", words);
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

/* options.c: reads the command line of every program from a table. The same line of the table says
 * what an option accepts, what help prints for it and what a message about a wrong value says.
 * Which options go together is checked by each program itself. */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli.h"

enum { SHOWN = 200, EXPECTED_SIZE = 128 };

/* ---- values ---------------------------------------------------------------------------------- */

/* Returns 1, 0, or -1 when the text is neither true nor false. */
static int truth(const char *text) {
    static const char *const words[] = { "false", "true", "no", "yes", "0", "1" };
    for (int i = 0; i < 6; i++)
        if (!strcasecmp(text, words[i])) return i % 2;
    return -1;
}

static bool read_whole(const CliOption *option, const char *text, int64_t *value) {
    char *end;
    errno = 0;
    *value = strtoll(text, &end, 10);
    return end != text && !*end && !errno && (double)*value >= option->low &&
           (double)*value <= option->high;
}

static bool read_real(const CliOption *option, const char *text, double *value) {
    char *end;
    errno = 0;
    *value = strtod(text, &end);
    return end != text && !*end && !errno && isfinite(*value) && *value >= option->low &&
           *value <= option->high;
}

/* True if the text is one of "a|b|c". */
static bool among(const char *choices, const char *text) {
    size_t length = strlen(text);
    for (const char *at = choices; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL)
        if (length && !strncmp(at, text, length) && (!at[length] || at[length] == '|')) return true;
    return false;
}

bool cli_set(const CliOption *option, void *fields, const char *text) {
    void *field = (char *)fields + option->field;
    int64_t whole;
    double real;
    switch (option->kind) {
    case CLI_FLAG:
    case CLI_BOOL:
        if (truth(text) < 0) return false;
        *(bool *)field = truth(text);
        return true;
    case CLI_WHOLE:
        if (!read_whole(option, text, &whole) || whole < INT_MIN || whole > INT_MAX) return false;
        *(int *)field = (int)whole;
        return true;
    case CLI_LONG:
        if (!read_whole(option, text, &whole)) return false;
        *(int64_t *)field = whole;
        return true;
    case CLI_REAL:
        if (!read_real(option, text, &real)) return false;
        *(double *)field = real;
        return true;
    case CLI_TEXT:
    case CLI_CHOICE:
        if (!*text || (option->kind == CLI_CHOICE && !among(option->value, text))) return false;
        *(const char **)field = text;
        return true;
    default: assert(!"an option with a field"); return false;
    }
}

void cli_expected(const CliOption *option, char *text, size_t size) {
    const char *number = option->kind == CLI_REAL ? "a number" : "a whole number";
    if (option->kind == CLI_FLAG || option->kind == CLI_BOOL) snprintf(text, size, "true or false");
    else if (option->kind == CLI_CHOICE) snprintf(text, size, "one of %s", option->value);
    else if (option->kind == CLI_TEXT || option->kind == CLI_INPUT)
        snprintf(text, size, "a %s", option->value);
    else if (option->low == option->high) snprintf(text, size, "%.15g", option->low);
    else if (option->high == HUGE_VAL)
        snprintf(text, size, "%s, %.15g or more", number, option->low);
    else snprintf(text, size, "%s from %.15g to %.15g", number, option->low, option->high);
}

/* Prints the fewest digits that identify the number. */
static void print_real(double value, char *text, size_t size) {
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, size, "%.*g", digits, value);
        if (strtod(text, NULL) == value) return;
    }
}

void cli_value(const CliOption *option, const void *fields, char *text, size_t size) {
    const void *field = (const char *)fields + option->field;
    const char *word = "";
    switch (option->kind) {
    case CLI_FLAG:
    case CLI_BOOL: word = *(const bool *)field ? "true" : "false"; break;
    case CLI_WHOLE: snprintf(text, size, "%d", *(const int *)field); return;
    case CLI_LONG: snprintf(text, size, "%" PRId64, *(const int64_t *)field); return;
    case CLI_REAL: print_real(*(const double *)field, text, size); return;
    case CLI_TEXT:
    case CLI_CHOICE: word = *(const char *const *)field ? *(const char *const *)field : ""; break;
    default: break;
    }
    snprintf(text, size, "%s", word);
}

/* ---- names ----------------------------------------------------------------------------------- */

static bool same_letter(char a, char b) { return (a == '_' ? '-' : a) == (b == '_' ? '-' : b); }

static bool begins_with(const char *name, const char *text, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (!name[i] || !same_letter(name[i], text[i])) return false;
    return true;
}

static int find(const CliOption *table, int count, const char *text, size_t length) {
    for (int i = 0; i < count; i++)
        if (table[i].kind != CLI_HEADING && begins_with(table[i].name, text, length) &&
            !table[i].name[length])
            return i;
    return -1;
}

int cli_find(const CliOption *table, int count, const char *name) {
    return find(table, count, name, strlen(name));
}

/* Levenshtein's distance between an option's name and a mistyped one. Only one row of the table is
 * kept. */
static int distance(const char *option, const char *text, size_t length) {
    enum { MAX = 32 };
    int row[MAX + 1], width = (int)strlen(option);
    if (width > MAX) return INT_MAX;
    for (int j = 0; j <= width; j++) row[j] = j;
    for (size_t i = 0; i < length; i++) {
        int diagonal = row[0], above;
        row[0]++;
        for (int j = 1; j <= width; j++, diagonal = above) {
            above = row[j];
            int change = diagonal + !same_letter(option[j - 1], text[i]);
            int gap = (above < row[j - 1] ? above : row[j - 1]) + 1;
            row[j] = change < gap ? change : gap;
        }
    }
    return row[width];
}

static const char *nearest(const CliParser *p, const char *text, size_t length) {
    int least = INT_MAX;
    const char *best = "help";
    for (int i = 0; i < p->count; i++) {
        if (p->table[i].kind == CLI_HEADING) continue;
        bool begins = length >= 2 && begins_with(p->table[i].name, text, length);
        int d = begins ? 0 : distance(p->table[i].name, text, length);
        if (d < least) {
            least = d;
            best = p->table[i].name;
        }
    }
    return best;
}

static int find_long(const CliParser *p, const char *text, size_t length) {
    int found = find(p->table, p->count, text, length),
        shown = length < SHOWN ? (int)length : SHOWN;
    if (found < 0)
        complain("unknown option --%.*s; did you mean --%s? (--help lists all)", shown, text,
                 nearest(p, text, length));
    return found;
}

static int find_letter(const CliParser *p, char letter) {
    for (int i = 0; i < p->count; i++)
        if (p->table[i].letter == letter) return i;
    complain("unknown option -%c; --help lists all", letter);
    return -1;
}

/* ---- arguments ------------------------------------------------------------------------------- */

static int store(CliParser *p, const CliOption *option, const char *text) {
    char expected[EXPECTED_SIZE];
    if (option->kind == CLI_INPUT && *text) {
        p->inputs[p->input_count++] = text;
        return 0;
    }
    if (option->kind != CLI_INPUT && cli_set(option, p->fields, text)) return 0;
    cli_expected(option, expected, sizeof expected);
    if (*text) complain("--%s %.*s: expected %s", option->name, SHOWN, text, expected);
    else complain("--%s: expected %s, got nothing", option->name, expected);
    return EXIT_USAGE;
}

/* True if the argument after an option is its value. After a BOOL it may also be the next option,
 * or an input. */
static bool takes(const CliParser *p, const CliOption *option, const char *next) {
    if (option->kind == CLI_FLAG || !next) return false;
    /* the value was forgotten; a value that begins with -- is written --x=--y */
    if (option->kind != CLI_BOOL && next[0] == '-' && next[1] == '-' && next[2]) return false;
    return option->kind != CLI_BOOL || truth(next) >= 0 || (!p->inputs && next[0] != '-');
}

/* Reads one argument that begins with '-': --name, --name value, --name=value, -x, -x value. *i
 * moves past a value that belongs to it. */
static int parse_option(CliParser *p, int argc, char **argv, int *i) {
    const char *text = argv[*i];
    bool is_long = text[1] == '-';
    const char *equals = is_long ? strchr(text, '=') : NULL, *value = equals ? equals + 1 : NULL;
    if (!is_long && text[2]) {
        complain("unknown option %s; options of one letter are given one by one, longer ones begin "
                 "with --",
                 text);
        return EXIT_USAGE;
    }
    int place =
        is_long ? find_long(p, text + 2, equals ? (size_t)(equals - text - 2) : strlen(text + 2))
                : find_letter(p, text[1]);
    if (place < 0) return EXIT_USAGE;
    const CliOption *option = &p->table[place];
    if (option->kind == CLI_FLAG && value) {
        complain("--%s takes no value", option->name);
        return EXIT_USAGE;
    }
    if (!value && takes(p, option, *i + 1 < argc ? argv[*i + 1] : NULL)) value = argv[++*i];
    if (!value && (option->kind == CLI_FLAG || option->kind == CLI_BOOL)) value = "true";
    p->given[place] = true;
    if (value) return store(p, option, value);
    complain("--%s needs a value: --%s %s", option->name, option->name, option->value);
    return EXIT_USAGE;
}

static int take_input(CliParser *p, const char *text) {
    if (!p->inputs) {
        complain(
            "unexpected '%.*s': options begin with --, and each takes one value (--help lists all)",
            SHOWN, text);
        return EXIT_USAGE;
    }
    p->inputs[p->input_count++] = text;
    return 0;
}

int cli_parse(CliParser *p, int argc, char **argv) {
    assert(p->count <= CLI_MAX_OPTIONS);
    bool only_inputs = false;
    int code = 0;
    for (int i = 1; i < argc && !code; i++) {
        if (only_inputs || argv[i][0] != '-' || !argv[i][1]) code = take_input(p, argv[i]);
        else if (!strcmp(argv[i], "--")) only_inputs = true;
        else code = parse_option(p, argc, argv, &i);
    }
    return code;
}

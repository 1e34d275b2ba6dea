/* kept_options.c: see kept_options.h. */
#include "kept_options.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_SIZE = 256, LIST_SIZE = 1536 };

static const char *text_of(const CliOption *option, const void *options) {
    return *(const char *const *)((const char *)options + option->field);
}

/* ---- saving ---------------------------------------------------------------------------------- */

static P2cValue *saved_value(const CliOption *option, const void *options) {
    const void *field = (const char *)options + option->field;
    switch (option->kind) {
    case CLI_BOOL: return p2c_value_bool(*(const bool *)field);
    case CLI_WHOLE: return p2c_value_int(*(const int *)field);
    case CLI_LONG: return p2c_value_int(*(const int64_t *)field);
    case CLI_REAL: return p2c_value_float(*(const double *)field);
    default: return p2c_value_string(text_of(option, options));
    }
}

P2cValue *kept_options_save(const CliOption *table, int count, const void *options) {
    P2cValue *dict = p2c_value_dict();
    for (int i = 0; dict && i < count; i++) {
        if (!table[i].marks || (table[i].kind == CLI_TEXT && !text_of(&table[i], options)))
            continue;
        if (p2c_value_set(dict, table[i].name, saved_value(&table[i], options)))
            p2c_value_free(&dict);
    }
    return dict;
}

/* ---- taking ---------------------------------------------------------------------------------- */

/* A saved value as one would type it; NULL when it is of another type than the option. Borrowed,
 * from `text` or from the value. */
static const char *typed(const CliOption *option, const P2cValue *value, char *text, size_t size) {
    P2cKind kind = p2c_value_kind(value);
    bool whole = option->kind == CLI_WHOLE || option->kind == CLI_LONG;
    if (option->kind == CLI_TEXT || kind == P2C_STRING) return p2c_value_as_string(value);
    if (option->kind == CLI_BOOL && kind == P2C_BOOL)
        snprintf(text, size, "%s", p2c_value_as_int(value) ? "true" : "false");
    else if (whole && kind == P2C_INT) snprintf(text, size, "%" PRId64, p2c_value_as_int(value));
    else if (option->kind == CLI_REAL && (kind == P2C_FLOAT || kind == P2C_INT))
        snprintf(text, size, "%.17g", p2c_value_as_float(value));
    else return NULL;
    return text;
}

/* One saved option, into `theirs`, and into `next` when the command line does not give it. */
static int take_entry(const KeptOptions *k, const char *name, const P2cValue *value, void *theirs,
                      void *next) {
    char text[TEXT_SIZE], expected[TEXT_SIZE];
    int place = cli_find(k->table, k->count, name);
    if (place < 0 || !k->table[place].marks) {
        complain("the checkpoint holds an option '%.100s', which %s %s does not have", name,
                 program_name, p2c_version());
        return EXIT_BAD_INPUT;
    }
    const CliOption *option = &k->table[place];
    const char *said = typed(option, value, text, sizeof text);
    if (said && cli_set(option, theirs, said) && (k->given[place] || cli_set(option, next, said)))
        return 0;
    cli_expected(option, expected, sizeof expected);
    complain("the checkpoint's option %s is %.200s: expected %s", option->name,
             said ? said : "of another type", expected);
    return EXIT_BAD_INPUT;
}

static int take_saved(const KeptOptions *k, const P2cValue *saved, void *theirs, void *next) {
    char wrong[TEXT_SIZE];
    int code = 0;
    if (!saved || p2c_value_kind(saved) != P2C_DICT) {
        complain("the checkpoint's options are no dict: it is damaged, or was not made by %s",
                 program_name);
        return EXIT_BAD_INPUT;
    }
    for (size_t i = 0; i < p2c_value_count(saved) && !code; i++)
        code = take_entry(k, p2c_value_key(saved, i), p2c_value_at(saved, i), theirs, next);
    if (code) return code;
    k->describe_wrong(theirs, wrong, sizeof wrong);
    if (*wrong) complain("the checkpoint's options: %s", wrong);
    return *wrong ? EXIT_BAD_INPUT : 0;
}

/* ---- what differs ---------------------------------------------------------------------------- */

/* The last part of a path, without slashes at its end; *length of it. */
static const char *last_part(const char *path, size_t *length) {
    const char *end = path + strlen(path), *start;
    while (end > path + 1 && end[-1] == '/') end--;
    for (start = end; start > path && start[-1] != '/';) start--;
    *length = (size_t)(end - start);
    return start;
}

static bool options_agree(const CliOption *option, const void *a, const void *b) {
    char x[TEXT_SIZE], y[TEXT_SIZE];
    const char *p = option->kind == CLI_TEXT ? text_of(option, a) : NULL,
               *q = option->kind == CLI_TEXT ? text_of(option, b) : NULL;
    if (p && q) { /* a folder, which may have moved */
        size_t m, n;
        p = last_part(p, &m), q = last_part(q, &n);
        return m == n && !memcmp(p, q, n);
    }
    cli_value(option, a, x, sizeof x);
    cli_value(option, b, y, sizeof y);
    return !strcmp(x, y);
}

/* Lists what the command line and the checkpoint say differently, of the options with exactly these
 * marks. */
static void list_differences(const KeptOptions *k, const void *here, const void *theirs,
                             unsigned marks, char *list, size_t size) {
    size_t used = 0;
    *list = 0;
    for (int i = 0; i < k->count; i++) {
        const CliOption *option = &k->table[i];
        char ours[TEXT_SIZE], saved[TEXT_SIZE];
        if (option->marks != marks || !k->given[i] || options_agree(option, here, theirs)) continue;
        cli_value(option, here, ours, sizeof ours);
        cli_value(option, theirs, saved, sizeof saved);
        snprintf(list + used, size - used, "%s--%s %.80s (checkpoint: %.80s)", used ? ", " : "",
                 option->name, ours, saved);
        used += strlen(list + used);
    }
}

static int refuse_differences(const KeptOptions *k, const void *here, const void *theirs) {
    char fixed[LIST_SIZE], other[LIST_SIZE];
    list_differences(k, here, theirs, OPTION_KEPT | OPTION_FIXED, fixed, sizeof fixed);
    list_differences(k, here, theirs, OPTION_KEPT, other, sizeof other);
    if (k->override) *other = 0;
    if (!*fixed && !*other) return 0;
    const char *and = *other ? "; and --override is needed for " : "";
    if (*fixed) complain("%s: %s%s%s", k->cannot_change, fixed, and, other);
    else
        complain(
            "the checkpoint was trained with other options: %s; leave them out, or add --override "
            "to change them",
            other);
    return EXIT_USAGE;
}

int kept_options_take(const KeptOptions *k, const P2cValue *saved, const void *here, void *theirs,
                      void *next) {
    int code = take_saved(k, saved, theirs, next);
    return code ? code : refuse_differences(k, here, theirs);
}

/* ---- texts ----------------------------------------------------------------------------------- */

int kept_texts_copy(KeptTexts *texts, const KeptOptions *k, const void *here, void *next) {
    for (int i = 0; i < k->count; i++) {
        const CliOption *option = &k->table[i];
        if (option->kind != CLI_TEXT || text_of(option, next) == text_of(option, here)) continue;
        assert(texts->count < KEPT_TEXTS);
        char *copy = strdup(text_of(option, next));
        if (!copy || !cli_set(option, next, copy)) {
            free(copy);
            complain("out of memory");
            return EXIT_MEMORY;
        }
        texts->list[texts->count++] = copy;
    }
    return 0;
}

void kept_texts_clear(KeptTexts *texts) {
    while (texts->count) free(texts->list[--texts->count]);
}

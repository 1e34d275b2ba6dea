/* metrics_line.c: a strict reader of the JSON that metrics.c writes: an object of numbers, null,
 * true, strings, and objects of those. Spaces are allowed between its parts, as other programs put
 * them. Nothing after `end`, which is a '\n', is read: a number ends there. */
#include "metrics_line.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { KEY = 64 };

typedef struct Reader {
    const char *at, *end;
    const MetricsTable *table;
    MetricsLine *line;
    int next; /* series that the next key most likely names: they come in the table's order */
} Reader;

static void skip_spaces(Reader *r) {
    while (r->at < r->end && *r->at == ' ') r->at++;
}

static bool accept(Reader *r, char c) {
    skip_spaces(r);
    if (r->at >= r->end || *r->at != c) return false;
    r->at++;
    return true;
}

static bool accept_word(Reader *r, const char *word) {
    size_t length = strlen(word);
    if ((size_t)(r->end - r->at) < length || strncmp(r->at, word, length) != 0) return false;
    r->at += length;
    return true;
}

/* The byte of \", \\, \u00xx or \udcxx (see print_json_string); other characters were never written
 * so, and become '?'. -1: damaged. */
static int read_escape(Reader *r) {
    static const char *const digits = "0123456789abcdef";
    if (r->at >= r->end) return -1;
    char c = *r->at++;
    if (c == '"' || c == '\\') return c;
    if (c != 'u' || r->end - r->at < 4) return -1;
    int code = 0;
    for (int i = 0; i < 4; i++) {
        const char *digit = strchr(digits, *r->at | (*r->at >= 'A' ? 0x20 : 0));
        if (!*r->at++ || !digit || !*digit) return -1;
        code = 16 * code + (int)(digit - digits);
    }
    return code && (code < 128 || code >> 8 == 0xdc) ? code & 255 : '?';
}

/* What does not fit is cut. */
static bool read_string(Reader *r, char *text, size_t size) {
    size_t used = 0;
    if (!accept(r, '"')) return false;
    while (r->at < r->end && *r->at != '"') {
        int c = (unsigned char)*r->at++;
        if (c == '\\') c = read_escape(r);
        else if (c < ' ') c = -1;
        if (c < 0) return false;
        if (used + 1 < size) text[used++] = (char)c;
    }
    text[used] = 0;
    return accept(r, '"');
}

/* null is NAN. */
static bool read_number(Reader *r, double *value) {
    skip_spaces(r);
    *value = NAN;
    if (accept_word(r, "null")) return true;
    if (r->at >= r->end || !strchr("-0123456789", *r->at) ||
        (*r->at == '-' && !(r->at[1] >= '0' && r->at[1] <= '9')))
        return false;
    char *stop;
    *value = strtod(r->at, &stop);
    r->at = stop;
    return true;
}

static void keep(Reader *r, const Series *series, int count, double *values, const char *key,
                 double value) {
    for (int k = 0; k < count; k++) {
        int i = (r->next + k) % count;
        if (strcmp(series[i].name, key) != 0) continue;
        values[i] = value;
        r->next = i + 1;
        return;
    }
}

static bool read_evaluations(Reader *r) {
    char key[KEY];
    double value;
    r->line->kind = LINE_EVALUATION;
    if (!accept(r, '{')) return false;
    do {
        if (!read_string(r, key, sizeof key) || !accept(r, ':') || !read_number(r, &value))
            return false;
        keep(r, r->table->evaluations, r->table->evaluation_count,
             r->line->values + r->table->step_count, key, value);
    } while (accept(r, ','));
    return accept(r, '}');
}

static bool read_member(Reader *r) {
    char key[KEY], text[2];
    double value;
    if (!read_string(r, key, sizeof key) || !accept(r, ':')) return false;
    skip_spaces(r);
    if (!strcmp(key, "eval")) return read_evaluations(r);
    if (!strcmp(key, "event")) {
        r->line->kind = LINE_EVENT;
        return read_string(r, r->line->event, sizeof r->line->event);
    }
    if (!strcmp(key, "skipped"))
        return (r->line->skipped = accept_word(r, "true")) || accept_word(r, "false");
    if (r->at < r->end && *r->at == '"') return read_string(r, text, sizeof text);
    if (!read_number(r, &value)) return false;
    if (!strcmp(key, "step")) {
        r->line->step = value >= 0 && value < 1e15 && value == floor(value) ? (int64_t)value : -1;
        return r->line->step >= 0;
    }
    keep(r, r->table->steps, r->table->step_count, r->line->values, key, value);
    return true;
}

bool metrics_line_read(const char *text, const char *end, const MetricsTable *table,
                       MetricsLine *line) {
    Reader r = { text, end, table, line, 0 };
    *line = (MetricsLine){ .values = line->values, .step = -1 };
    for (int i = 0; i < table->step_count + table->evaluation_count; i++) line->values[i] = NAN;
    if (!accept(&r, '{')) return false;
    do
        if (!read_member(&r)) return false;
    while (accept(&r, ','));
    return accept(&r, '}') && r.at == end && line->step >= (line->kind == LINE_EVENT ? 0 : 1);
}

/* markup.c: see markup.h. */
#include "markup.h"

#include <ctype.h>
#include <string.h>

#include "../unit/support.h"

typedef struct Open {
    const char *name;
    int length;
} Open;

static int name_length(const char *s) {
    int length = 0;
    while (isalnum((unsigned char)s[length]) || s[length] == '-') length++;
    return length;
}

/* Skips from the end of the name to after the '>'; *closed: it ends in "/>". */
static const char *skip_attributes(const char *s, int *closed) {
    *closed = 0;
    for (;;) {
        while (isspace((unsigned char)*s)) s++;
        if (*s == '>') return s + 1;
        if (s[0] == '/' && s[1] == '>') return *closed = 1, s + 2;
        int length = name_length(s);
        if (!length || s[length] != '=' || s[length + 1] != '"')
            fail_msg("an attribute is not as it should be: '%.60s'", s);
        const char *end = strchr(s + length + 2, '"');
        assert_non_null(end);
        for (s += length + 2; s < end; s++)
            if (*s == '<') fail_msg("'<' in an attribute: '%.60s'", s);
        s = end + 1;
    }
}

static const char *skip_entity(const char *s) {
    const char *end = s + 1 + strspn(s + 1, "#abcdefghijklmnopqrstuvwxyz0123456789");
    if (*end != ';' || end == s + 1) fail_msg("a stray '&': '%.60s'", s);
    return end + 1;
}

void assert_well_formed(const char *s) {
    Open open[40];
    int depth = 0, closed;
    if (!strncmp(s, "<!DOCTYPE html>", 15)) s += 15;
    while (*s) {
        if (*s == '&') s = skip_entity(s);
        else if (*s == '>') fail_msg("a stray '>': '%.60s'", s - 20);
        else if (*s != '<') s++;
        else if (s[1] == '/') {
            int length = name_length(s + 2);
            if (!depth || open[depth - 1].length != length ||
                strncmp(open[depth - 1].name, s + 2, (size_t)length) != 0 || s[2 + length] != '>')
                fail_msg("'%.40s' closes '%.*s'", s, depth ? open[depth - 1].length : 0,
                         depth ? open[depth - 1].name : "");
            depth--;
            s += 3 + length;
        } else {
            int length = name_length(s + 1);
            if (!length || depth == 40) fail_msg("no tag: '%.60s'", s);
            open[depth++] = (Open){ s + 1, length };
            s = skip_attributes(s + 1 + length, &closed);
            depth -= closed;
        }
    }
    if (depth) fail_msg("'%.*s' is never closed", open[depth - 1].length, open[depth - 1].name);
}

int count_of(const char *text, const char *part) {
    int count = 0;
    while ((text = strstr(text, part))) count++, text += strlen(part);
    return count;
}

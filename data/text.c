/* text.c: strings of any length, fields of a table, names of warnings. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"

char *text_make(const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    char *text = length < 0 ? NULL : malloc((size_t)length + 1);
    if (text) vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    va_end(args);
    return text;
}

int text_no_memory(void) {
    complain("out of memory");
    return EXIT_MEMORY;
}

/* ---- fields ---- */

static const char special[] = "\t\n\r\\", written[] = "tnr\\";

void text_field(FILE *out, const char *text) {
    for (; *text; text++) {
        const char *at = strchr(special, *text);
        if (at) putc('\\', out);
        putc(at ? written[at - special] : *text, out);
    }
}

void text_unfield(char *text) {
    char *to = text;
    for (; *text; text++) {
        const char *at = *text == '\\' && text[1] ? strchr(written, text[1]) : NULL;
        *to++ = at ? special[at - written] : *text;
        if (at) text++;
    }
    *to = 0;
}

/* ---- warnings ---- */

static const struct {
    unsigned bit;
    const char *name;
} names[] = {
    { P2C_FACE_SMALL, "small" },       { P2C_FACE_SIDE_VIEW, "side-view" },
    { P2C_FACE_DARK, "dark" },         { P2C_FACE_BRIGHT, "bright" },
    { P2C_FACE_BORDER, "border" },     { P2C_FACE_ESTIMATED, "estimated" },
    { P2C_FACE_NO_MATTE, "no-matte" }, { P2C_FACE_CENTRED, "centred" },
};
enum { NAMES = sizeof names / sizeof *names };

void text_warnings(unsigned warnings, char *text, size_t size) {
    size_t used = 0;
    *text = 0;
    for (int i = 0; i < NAMES && used < size; i++)
        if (warnings & names[i].bit)
            used +=
                (size_t)snprintf(text + used, size - used, "%s%s", used ? "," : "", names[i].name);
}

bool text_read_warnings(const char *text, unsigned *warnings) {
    *warnings = 0;
    while (*text) {
        size_t length = strcspn(text, ",");
        int i = 0;
        while (i < NAMES &&
               (strlen(names[i].name) != length || strncmp(names[i].name, text, length)))
            i++;
        if (i == NAMES) return false;
        *warnings |= names[i].bit;
        text += length + (text[length] == ',');
    }
    return true;
}

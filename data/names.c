/* names.c: names of pictures: the name of the source; if several sources share a name, source and
 * folder; else with a number. */
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"

enum { LONGEST = 200 }; /* in bytes, so that an ending and a number always fit into a file name */

struct Names {
    void *root; /* root of a search tree of names */
};

static int by_text(const void *a, const void *b) { return strcmp(a, b); }

Names *names_open(void) { return calloc(1, sizeof(Names)); }

void names_remove(Names *names, const char *name) {
    char *const *node = tfind(name, &names->root, by_text);
    char *held = node ? *node : NULL;
    if (!held) return;
    tdelete(name, &names->root, by_text);
    free(held);
}

void names_close(Names **names) {
    while (*names && (*names)->root) {
        char *held = *(char **)(*names)->root;
        tdelete(held, &(*names)->root, by_text);
        free(held);
    }
    free(*names);
    *names = NULL;
}

bool names_have(const Names *names, const char *name) {
    return tfind(name, &names->root, by_text) != NULL;
}

bool names_add(Names *names, const char *name) {
    if (names_have(names, name)) return true;
    char *held = strdup(name);
    if (held && tsearch(held, &names->root, by_text)) return true;
    free(held);
    return false;
}

/* ---- choosing ---- */

/* The name without its ending. With `folders`, the folders become a part of it. A new string. */
static char *stem_of(const char *source_name, bool folders, int face) {
    const char *slash = strrchr(source_name, '/'),
               *begin = slash && !folders ? slash + 1 : source_name,
               *dot = strrchr(source_name, '.');
    size_t length = dot && dot > begin && dot > (slash ? slash + 1 : source_name)
                        ? (size_t)(dot - begin)
                        : strlen(begin);
    if (length > LONGEST) length = LONGEST;
    /* do not cut a UTF-8 character in half */
    while (length > 1 && length == LONGEST && ((unsigned char)begin[length] & 0xc0) == 0x80)
        length--;
    char *stem = face > 1 ? text_make("%.*s.face%d", (int)length, begin, face)
                          : text_make("%.*s", (int)length, begin);
    for (char *at = stem; at && *at; at++)
        if (*at == '/') *at = '-';
    if (stem && *stem == '.') *stem = '_'; /* p2c-train skips files that begin with a dot */
    return stem;
}

char *names_choose(const Names *names, const char *source_name, int face,
                   bool (*taken)(const void *where, const char *stem), const void *where) {
    char *first = stem_of(source_name, false, face), *second = stem_of(source_name, true, face),
         *chosen = NULL;
    for (int n = 0; first && second && !chosen; n++) {
        char *name = n < 2 ? strdup(n ? second : first) : text_make("%s-%d", second, n);
        if (!name) break;
        if (names_have(names, name) || taken(where, name)) free(name);
        else chosen = name;
    }
    free(first);
    free(second);
    return chosen;
}

/* pick.h: which tests of a program its arguments pick. An argument is a name, such as conv2d, or a
 * pattern, such as 'conv*'; the names that cmocka prints, such as test_op_conv2d, do as well. */
#ifndef P2C_TEST_PICK_H
#define P2C_TEST_PICK_H

#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

typedef struct Pick {
    const char *suite; /* of the program: "op" */
    int argc;
    char **argv;
} Pick;

/* `text` without `prefix` and the underscore that follows it, where it starts so. */
static inline const char *pick_without(const char *text, const char *prefix) {
    size_t length = strlen(prefix);
    return strncmp(text, prefix, length) == 0 && text[length] == '_' ? text + length + 1 : text;
}

/* "conv2d", of test_op_conv2d, op_conv2d or conv2d. */
static inline const char *pick_short(const Pick *pick, const char *name) {
    return pick_without(pick_without(name, "test"), pick->suite);
}

static inline bool pick_matches(const Pick *pick, const char *argument, const char *name) {
    return fnmatch(pick_short(pick, argument), pick_short(pick, name), 0) == 0;
}

/* Without arguments, all are wanted. */
static inline bool pick_wanted(const Pick *pick, const char *name) {
    for (int i = 1; i < pick->argc; i++)
        if (pick_matches(pick, pick->argv[i], name)) return true;
    return pick->argc < 2;
}

/* false, with all names on stderr, when an argument picks none of them. */
static inline bool pick_is_valid(const Pick *pick, const char *const names[], size_t count) {
    for (int i = 1; i < pick->argc; i++) {
        size_t at = 0;
        while (at < count && !pick_matches(pick, pick->argv[i], names[at])) at++;
        if (at < count) continue;
        fprintf(stderr, "%s: no test has the name \"%s\"; there are:", pick->argv[0],
                pick->argv[i]);
        for (size_t k = 0; k < count; k++) fprintf(stderr, " %s", pick_short(pick, names[k]));
        fputc('\n', stderr);
        return false;
    }
    return true;
}

enum { PICK_MOST_TESTS = 200 };

/* The main of a program whose tests are one group: runs the picked ones. Returns the exit code. */
static inline int pick_and_run(const Pick *pick, const struct CMUnitTest *tests, size_t count) {
    const char *names[PICK_MOST_TESTS];
    struct CMUnitTest picked[PICK_MOST_TESTS];
    size_t wanted = 0;
    if (count > PICK_MOST_TESTS) return 1;
    for (size_t i = 0; i < count; i++) names[i] = tests[i].name;
    if (!pick_is_valid(pick, names, count)) return 2;
    for (size_t i = 0; i < count; i++)
        if (pick_wanted(pick, names[i])) picked[wanted++] = tests[i];
    return _cmocka_run_group_tests(pick->suite, picked, wanted, NULL, NULL) != 0;
}

#endif

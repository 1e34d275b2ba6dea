/* groups.h: the main function of a test program that runs groups of tests. A group is a file beside
 * main.c. Before including this, main.c defines GROUPS(X), with a line for each group, and SUITE, a
 * name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define DECLARE(name) \
    extern const struct CMUnitTest p2c_tests_##name[]; \
    extern const size_t p2c_tests_##name##_count;
GROUPS(DECLARE)

static int wanted(const char *group, int count, char **names) {
    for (int i = 1; i < count; i++)
        if (strcmp(names[i], group) == 0) return 1;
    return count < 2;
}

int main(int argc, char **argv) {
    int failed = 0, groups = 0;
#define RUN(name) \
    if (wanted(#name, argc, argv)) { \
        failed += _cmocka_run_group_tests(#name, p2c_tests_##name, p2c_tests_##name##_count, NULL, \
                                          NULL) != 0; \
        groups++; \
    }
    GROUPS(RUN)
    printf(SUITE ": %d group%s, %d failed\n", groups, groups == 1 ? "" : "s", failed);
    return failed || groups == 0;
}

/* groups.h: the main function of a test program that runs groups of tests. A group is a file beside
 * main.c. Before including this, main.c defines GROUPS(X), with a line for each group, and SUITE, a
 * name. */
#include "pick.h"

#define DECLARE(name) \
    extern const struct CMUnitTest p2c_tests_##name[]; \
    extern const size_t p2c_tests_##name##_count;
GROUPS(DECLARE)

int main(int argc, char **argv) {
    static const char *const names[] = {
#define NAME(name) #name,
        GROUPS(NAME)
    };
    const Pick pick = { SUITE, argc, argv };
    int failed = 0, groups = 0;
    if (!pick_is_valid(&pick, names, sizeof names / sizeof *names)) return 2;
#define RUN(name) \
    if (pick_wanted(&pick, #name)) { \
        failed += _cmocka_run_group_tests(#name, p2c_tests_##name, p2c_tests_##name##_count, NULL, \
                                          NULL) != 0; \
        groups++; \
    }
    GROUPS(RUN)
    printf(SUITE ": %d group%s, %d failed\n", groups, groups == 1 ? "" : "s", failed);
    return failed != 0;
}

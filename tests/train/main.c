/* main.c: runs the groups of tests of the trainer. A group is a file of its name beside this one, and one line here.
 *
 *     test-train [GROUP...]        only those; from the repository's root, where tests/train/data is
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define GROUPS(X)                                                                                                                          \
    X(folder)                                                                                                                              \
    X(order)                                                                                                                               \
    X(augment)                                                                                                                             \
    X(loader)                                                                                                                              \
    X(options)                                                                                                                             \
    X(step)                                                                                                                                \
    X(guard)                                                                                                                               \
    X(trainer)                                                                                                                             \
    X(rundir)                                                                                                                              \
    X(checkpoint)                                                                                                                          \
    X(metrics)                                                                                                                             \
    X(ticker)                                                                                                                              \
    X(chart)                                                                                                                               \
    X(report)                                                                                                                              \
    X(tensorboard)                                                                                                                         \
    X(face)                                                                                                                                \
    X(evaluate)                                                                                                                            \
    X(grid)

#define DECLARE(name)                                                                                                                      \
    extern const struct CMUnitTest p2c_tests_##name[];                                                                                     \
    extern const size_t p2c_tests_##name##_count;
GROUPS(DECLARE)

static int wanted(const char *group, int count, char **names) {
    for (int i = 1; i < count; i++)
        if (strcmp(names[i], group) == 0) return 1;
    return count < 2;
}

const char *const program_name = "test-train";

int main(int argc, char **argv) {
    int failed = 0, groups = 0;
#define RUN(name)                                                                                                                          \
    if (wanted(#name, argc, argv)) {                                                                                                       \
        failed += _cmocka_run_group_tests(#name, p2c_tests_##name, p2c_tests_##name##_count, NULL, NULL) != 0;                             \
        groups++;                                                                                                                          \
    }
    GROUPS(RUN)
    printf("train: %d group%s, %d failed\n", groups, groups == 1 ? "" : "s", failed);
    return failed || groups == 0;
}

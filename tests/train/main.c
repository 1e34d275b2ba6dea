/* main.c: runs the groups of tests of the trainers. A group is a file of that name beside this one,
 * and a line here.
 *
 *     test-train [GROUP...]        runs only those; from the repository's root, where
 *                                  tests/train/data is */
#include "cli/cli.h"

const char *const program_name = "test-train";

#define GROUPS(X) \
    X(folder) \
    X(order) \
    X(augment) \
    X(loader) \
    X(options) \
    X(step) \
    X(widen) \
    X(guard) \
    X(loop) \
    X(trainer) \
    X(rundir) \
    X(checkpoint) \
    X(metrics) \
    X(ticker) \
    X(chart) \
    X(report) \
    X(tensorboard) \
    X(measure) \
    X(evaluate) \
    X(grid) \
    X(fit) \
    X(fit_run) \
    X(fit_data)

#define SUITE "train"
#include "../groups.h"

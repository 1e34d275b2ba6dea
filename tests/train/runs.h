/* runs.h: what tests of run folders and checkpoints share: a separate folder, deleted afterwards
 * with everything below it, and a capture of what is printed. */
#ifndef P2C_TESTS_TRAIN_RUNS_H
#define P2C_TESTS_TRAIN_RUNS_H

#include "../../train/run/rundir.h"
#include "../unit/support.h"

typedef struct Runs {
    P2cContext *ctx;
    char folder[64];
    char path[RUN_FILE]; /* the last result of runs_path */
    char heard[1 << 14]; /* what was printed between listen and heard */
    int out, err;
    FILE *ear;
} Runs;

int runs_setup(void **state);
int runs_teardown(void **state);
#define RUNS_TEST(function) cmocka_unit_test_setup_teardown(function, runs_setup, runs_teardown)

/* A path below the folder. Borrowed; valid until the next call. */
const char *runs_path(Runs *runs, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Names in a folder, in byte order, separated by blanks, without those that begin with a dot unless
 * `hidden`. Valid until the next call. */
const char *runs_names(Runs *runs, const char *folder, bool hidden);
/* stdout and stderr are captured; nothing may be asserted until heard is called. */
void listen_to(Runs *runs);
void stop_listening(Runs *runs);
/* Checks that one line, or `lines`, was printed, and that it contains this text. */
void assert_heard(const Runs *runs, int lines, const char *text);

#endif

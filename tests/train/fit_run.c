/* fit_run.c (test): a run of p2c-fit as a whole, on drawn portraits. */
#include "../../train/fit/trainer.h"

#include <stdlib.h>

#include "people.h"

enum { PEOPLE = 12, SKIPPED = 1, DUE = 99, CALM = SKIPPED + GUARD_WINDOW, LAST = CALM + 2 };

static void open_run(Fit *fit, FitOptions *o, Dataset *d, char folder[2][256]) {
    people_write(d, PEOPLE);
    snprintf(folder[0], 256, "%s", dataset_path(d, "people"));
    snprintf(folder[1], 256, "%s", dataset_path(d, "run/"));
    *o = (FitOptions){ .command = "matte",
                       .task = FIT_MATTE,
                       .portraits = folder[0],
                       .run = folder[1],
                       .device = "cpu",
                       .steps = LAST,
                       .batch = 1,
                       .val_every = 1000,
                       .val_samples = 1,
                       .save_every = DUE,
                       .keep = 0,
                       .threads = 2,
                       .lr = 1e-3,
                       .ema = 0.99 };
    *fit = (Fit){ .options = o };
    assert_int_equal(fit_open(fit), 0);
}

/* A save falls due 98 steps after a skipped one: the checkpoint is written two steps later, and not
 * left out. */
static void save_waits(void **state) {
    Dataset *d = *state;
    FitOptions options;
    Fit fit;
    char folder[2][256];
    RunCheckpoint *list;
    size_t count;
    open_run(&fit, &options, d, folder);
    fit.run.state.step = DUE - 1;
    fit.run.state.guard.skipped[GUARD_SKIPS - 1] = SKIPPED;
    assert_int_equal(fit_run(&fit), 0);
    assert_true(rundir_list(fit.run.dir.path, NULL, &list, &count));
    assert_int_equal(count, 3);
    assert_int_equal(list[0].step, LAST);
    assert_int_equal(list[1].step, CALM);
    assert_int_equal(list[2].step, 0);
    free(list);
    fit_close(&fit);
}

const struct CMUnitTest p2c_tests_fit_run[] = { DATASET_TEST(save_waits) };
const size_t p2c_tests_fit_run_count = sizeof p2c_tests_fit_run / sizeof *p2c_tests_fit_run;

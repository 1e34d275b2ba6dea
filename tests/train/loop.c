/* loop.c (test): when the loop saves, goes back and ends, with a trainer that computes nothing: its
 * steps fail where a test says so. */
#include "../../train/run/loop.h"

#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/stop.h"
#include "runs.h"

enum { SAVES = 32, ALWAYS = -1 };

typedef struct Puppet {
    Runs *runs;
    Run run;
    P2cStore *store;
    int64_t skip[8];          /* steps that are not finite */
    int64_t fail, stop, fill; /* step that fails with `code`; on which a signal comes; whose save
                                 fails with fill_code */
    int code, fill_code;
    int64_t saves[SAVES];
    int save_count, completed, done;
    ReportState state;
    char note[64];
} Puppet;

static bool listed(const int64_t *list, int64_t step) {
    for (int i = 0; i < 8; i++)
        if (list[i] && (list[i] == ALWAYS || list[i] == step)) return true;
    return false;
}

static int run_step(void *trainer) {
    Puppet *p = trainer;
    int64_t step = p->run.state.step + 1;
    if (step == p->stop) stop_signal = SIGTERM;
    return step == p->fail ? p->code : 0;
}

static bool find_trouble(const void *trainer, char *text, size_t size) {
    const Puppet *p = trainer;
    snprintf(text, size, "it is wrong");
    return listed(p->skip, p->run.state.step);
}

static void measure(void *trainer, double ms, bool skipped) {
    Puppet *p = trainer;
    run_add_step(&p->run, &ms, skipped);
}

static int periodic(void *trainer) { return (void)trainer, 0; }

static int save(void *trainer) {
    static const CheckpointNetworks none = { NULL, 0 };
    Puppet *p = trainer;
    if (p->fill && p->run.state.step == p->fill) return p->fill_code;
    assert_true(p->save_count < SAVES);
    p->saves[p->save_count++] = p->run.state.step;
    return run_save(&p->run, p->store, none, run_state_save(&p->run.state, p2c_value_dict()),
                    (CheckpointPolicy){ .keep = 0 });
}

static int go_back(void *trainer, const P2cValue *tree) {
    Puppet *p = trainer;
    RunState then;
    int code = run_state_load(&then, p2c_value_get(tree, "p2cnn"));
    p->run.state.step = p->run.saved = then.step;
    return code;
}

static int complete(void *trainer) {
    Puppet *p = trainer;
    assert_int_equal(p->save_count && p->saves[p->save_count - 1] == p->run.state.step, 0);
    return p->completed++, 0;
}

static void report(void *trainer, ReportState state, const char *note) {
    Puppet *p = trainer;
    p->state = state;
    snprintf(p->note, sizeof p->note, "%s", note ? note : "");
}

static void say_done(const void *trainer) { ((Puppet *)(uintptr_t)trainer)->done++; }

static const LoopHooks hooks = { .data = "puppets",
                                 .remedy = "rest",
                                 .longer = "ask again",
                                 .step = run_step,
                                 .find_trouble = find_trouble,
                                 .measure = measure,
                                 .periodic = periodic,
                                 .save = save,
                                 .go_back = go_back,
                                 .complete = complete,
                                 .report = report,
                                 .say_done = say_done };

static const Series series[] = { { "ms", NULL, -1 } };
static const MetricsTable table = { .steps = series, .step_count = 1 };

static void puppet_open(Puppet *p, Runs *runs) {
    P2cValue *tree = NULL;
    RunRequest request = { .result_dir = runs->folder, .name = "run", .dataset = "dogs" };
    *p = (Puppet){ .runs = runs, .run = run_nothing() };
    p->run.ctx = runs->ctx;
    assert_int_equal(p2c_store_new(&p->store, runs->ctx, 1), P2C_OK);
    assert_int_equal(run_open(&p->run, &request, &tree), 0);
    assert_int_equal(save(p), 0);
    assert_int_equal(run_open_metrics(&p->run, &table, false), 0);
    p->save_count = 0;
}

/* Returns the exit code; what was said is in runs->heard. */
static int puppet_run(Puppet *p, LoopPlan plan) {
    listen_to(p->runs);
    int code = loop_run(&p->run, &hooks, p, plan);
    stop_listening(p->runs);
    stop_signal = 0;
    return code;
}

static void puppet_close(Puppet *p) {
    p2c_store_free(&p->store);
    p->run.ctx = NULL; /* it is that of runs */
    run_close(&p->run, true);
}

static void assert_saves(const Puppet *p, int count, const int64_t *steps) {
    assert_int_equal(p->save_count, count);
    for (int i = 0; i < count; i++) assert_int_equal(p->saves[i], steps[i]);
}
#define SAVED(p, ...) \
    assert_saves(p, sizeof((int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t), \
                 (int64_t[]){ __VA_ARGS__ })

static void test_saves(void **state) {
    Puppet p;
    puppet_open(&p, *state);
    LoopPlan plan = { .total = 100, .last = 10, .save_every = 4, .milestone = 5 };
    assert_int_equal(puppet_run(&p, plan), 0);
    SAVED(&p, 4, 5, 8, 10);
    assert_true(p.state == REPORT_STOPPED && p.done == 1 && !p.completed);
    assert_int_equal(puppet_run(&p, plan), EXIT_USAGE);
    assert_heard(p.runs, 1, "at step 10 already, and was to end at 10; ask again");
    plan.last = plan.total = 11;
    assert_int_equal(puppet_run(&p, plan), 0);
    assert_true(p.state == REPORT_FINISHED && p.done == 2 && p.completed == 1);
    assert_int_equal(p.saves[4], 11);
    puppet_close(&p);
}

/* Saves that fall due within 100 steps of a skipped one wait, and become one. */
static void test_save_waits(void **state) {
    Puppet p;
    puppet_open(&p, *state);
    p.skip[0] = 18;
    LoopPlan plan = { .total = 200, .last = 130, .save_every = 20 };
    assert_int_equal(puppet_run(&p, plan), 0);
    SAVED(&p, 118, 120, 130);
    assert_heard(p.runs, 1, "step 18 skipped: it is wrong");
    puppet_close(&p);
}

/* Steps that were skipped before a stop count after it; those before going back do not. */
static void test_goes_back(void **state) {
    Puppet p;
    puppet_open(&p, *state);
    memcpy(p.skip, (int64_t[]){ 6, 8, 9 }, 3 * sizeof *p.skip);
    LoopPlan plan = { .total = 20, .last = 7, .save_every = 4 };
    assert_int_equal(puppet_run(&p, plan), 0);
    SAVED(&p, 4, 7);
    plan.last = 20;
    assert_int_equal(puppet_run(&p, plan), 0);
    assert_non_null(strstr(p.runs->heard, "back from step 9 to step 7"));
    SAVED(&p, 4, 7, 20);
    assert_true(p.run.state.branch == 1 && p.run.state.guard.skips == 5);
    puppet_close(&p);
}

/* A run that is stopped just after it went back saves the same step again, with the new branch.
 * Else the data that failed would come again. */
static void test_stopped_after_going_back(void **state) {
    Puppet p;
    puppet_open(&p, *state);
    memcpy(p.skip, (int64_t[]){ 6, 8, 9 }, 3 * sizeof *p.skip);
    LoopPlan plan = { .total = 20, .last = 7, .save_every = 4 };
    assert_int_equal(puppet_run(&p, plan), 0);
    plan.last = 20;
    p.stop = 9;
    assert_int_equal(puppet_run(&p, plan), EXIT_TERMINATED);
    SAVED(&p, 4, 7, 7);
    puppet_close(&p);
}

/* Steps fail again after going back: back once more, and the end. The new branch is saved. */
static void test_diverges(void **state) {
    Puppet p;
    puppet_open(&p, *state);
    p.skip[0] = ALWAYS;
    LoopPlan plan = { .total = 50, .last = 50, .save_every = 2 };
    assert_int_equal(puppet_run(&p, plan), EXIT_DIVERGED);
    SAVED(&p, 0);
    assert_true(p.state == REPORT_DIVERGED && p.run.saved == 0);
    assert_true(p.run.state.branch == 2 && p.run.state.guard.skips == 6);
    assert_non_null(strstr(p.runs->heard,
                           "3 steps out of 100 were skipped: back from step 3 to step 0, with "
                           "other puppets from here (step 3 skipped: it is wrong)\n"));
    assert_non_null(strstr(p.runs->heard, "diverged: went back twice; the newest checkpoint is "
                                          "that of step 0; rest may help\n"));
    puppet_close(&p);
}

static void test_signal(void **state) {
    Puppet p;
    puppet_open(&p, *state);
    p.stop = 3;
    assert_int_equal(puppet_run(&p, (LoopPlan){ .total = 9, .last = 9, .save_every = 5 }),
                     128 + SIGTERM);
    SAVED(&p, 3);
    assert_string_equal(p.note, "Stopped by a signal.");
    assert_heard(p.runs, 1, "SIGTERM: stopped at step 3; --resume goes on from step 3");
    puppet_close(&p);
}

/* What was done before a failure is saved; but nothing comes from a dead device. */
static void test_failures(void **state) {
    static const int codes[] = { EXIT_BAD_INPUT, EXIT_DEVICE };
    for (int i = 0; i < 2; i++) {
        Puppet p;
        if (i) assert_int_equal(runs_teardown(state) || runs_setup(state), 0);
        puppet_open(&p, *state);
        p.fail = 4;
        p.code = codes[i];
        assert_int_equal(puppet_run(&p, (LoopPlan){ .total = 9, .last = 9, .save_every = 2 }),
                         codes[i]);
        if (i) SAVED(&p, 2);
        else SAVED(&p, 2, 3);
        assert_string_equal(p.note, i ? "Stopped: the device failed." : "Stopped by a failure.");
        assert_heard(p.runs, 1,
                     i ? "stopped at step 3; --resume goes on from step 2, the newest checkpoint"
                       : "stopped at step 3; the newest checkpoint is that of step 3, from which");
        puppet_close(&p);
    }
}

/* A full disk costs a checkpoint; at the end, the run. A device may die while it saves. */
static void test_failing_saves(void **state) {
    static const struct {
        int64_t step;
        int code, returned;
        const char *says;
    } cases[] = {
        { 2, EXIT_WRITE, 0, "the checkpoint of step 2 could not be written; the one of step 0 is" },
        { 5, EXIT_WRITE, EXIT_WRITE, "stopped at step 5; the newest checkpoint is that of step 4" },
        { 4, EXIT_DEVICE, EXIT_DEVICE, "stopped at step 4; --resume goes on from step 2" },
        { 5, EXIT_DEVICE, EXIT_DEVICE, "stopped at step 5; --resume goes on from step 4" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Puppet p;
        if (i) assert_int_equal(runs_teardown(state) || runs_setup(state), 0);
        puppet_open(&p, *state);
        p.fill = cases[i].step;
        p.fill_code = cases[i].code;
        assert_int_equal(puppet_run(&p, (LoopPlan){ .total = 5, .last = 5, .save_every = 2 }),
                         cases[i].returned);
        assert_heard(p.runs, 1, cases[i].says);
        assert_int_equal(p.done, !cases[i].returned);
        puppet_close(&p);
    }
}

const struct CMUnitTest p2c_tests_loop[] = {
    RUNS_TEST(test_saves),     RUNS_TEST(test_save_waits),
    RUNS_TEST(test_goes_back), RUNS_TEST(test_stopped_after_going_back),
    RUNS_TEST(test_diverges),  RUNS_TEST(test_signal),
    RUNS_TEST(test_failures),  RUNS_TEST(test_failing_saves),
};
const size_t p2c_tests_loop_count = sizeof p2c_tests_loop / sizeof *p2c_tests_loop;

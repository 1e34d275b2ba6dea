/* rundir.c (test): which folder a run gets, that no other process gets it, too, and what is
 * refused. */
#include "runs.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"

enum { NOON = 1709208000 }; /* 29 February 2024, 12:00 UTC */

static int open_run(Runs *runs, RunDir *run, const char *name, const char *dataset, bool resume) {
    char results[128];
    snprintf(results, sizeof results, "%s/results/of all", runs->folder);
    listen_to(runs);
    int code = rundir_open(run, &(RunRequest){ .result_dir = results,
                                               .name = name,
                                               .dataset = dataset,
                                               .resume = resume,
                                               .now = NOON });
    stop_listening(runs);
    return code;
}

/* The path of a run below the results. */
static const char *place(Runs *runs, const char *name) {
    return runs_path(runs, "results/of all/%s", name);
}

static void assert_opens(Runs *runs, const char *name, const char *dataset, bool resume,
                         const char *expected) {
    RunDir run;
    if (open_run(runs, &run, name, dataset, resume)) fail_msg("%s", runs->heard);
    assert_string_equal(run.path, place(runs, expected));
    rundir_close(&run);
}

static void assert_refused(Runs *runs, const char *name, const char *dataset, bool resume, int code,
                           const char *because) {
    RunDir run;
    assert_int_equal(open_run(runs, &run, name, dataset, resume), code);
    assert_heard(runs, 1, because);
    rundir_close(&run);
}

/* Makes an empty file in the place of a checkpoint, written `age` seconds ago, and its folders. */
static void put_checkpoint(Runs *runs, const char *name, const char *file, int age) {
    for (const char *const *part = (const char *[]){ "results", "results/of all", NULL }; *part;
         part++)
        mkdir(runs_path(runs, "%s", *part), 0777);
    mkdir(place(runs, name), 0777);
    mkdir(runs_path(runs, "results/of all/%s/model", name), 0777);
    const char *path = runs_path(runs, "results/of all/%s/model/%s", name, file);
    put_file(path, "", 0);
    struct timespec time = { NOON - age, 5 };
    assert_int_equal(utimensat(AT_FDCWD, path, (struct timespec[]){ time, time }, 0), 0);
}

/* ---- names ----------------------------------------------------------------------------------- */

static void default_names(void **state) {
    Runs *runs = *state;
    RunDir run;
    char text[32];
    setenv("TZ", "UTC0", 1);
    tzset();
    assert_opens(runs, NULL, "paintings/of/dogs//", false, "dogs-2024-02-29");
    assert_string_equal(runs->heard, "");
    assert_int_equal(open_run(runs, &run, NULL, "dogs", false), 0);
    assert_string_equal(run.path, place(runs, "dogs-2024-02-29-2"));
    assert_string_equal(run.dataset, "dogs");
    assert_heard(runs, 1,
                 "dogs-2024-02-29 is there already (--resume would go on with a run); the folder "
                 "of this one is");
    assert_string_equal(runs_names(runs, run.path, true), "img lock model");
    char *pid = get_file(place(runs, "dogs-2024-02-29-2/lock"), NULL);
    snprintf(text, sizeof text, "%ld\n", (long)getpid());
    assert_string_equal(pid, text);
    free(pid);
    assert_int_equal(rundir_make(&run, "test"), 0);
    assert_int_equal(rundir_make(&run, "test"), 0);
    assert_string_equal(runs_names(runs, run.path, true), "img lock model test");
    rundir_close(&run);
    assert_opens(runs, NULL, "dogs", false, "dogs-2024-02-29-3");
    assert_opens(runs, NULL, "cats", false, "cats-2024-02-29");
    assert_string_equal(runs_names(runs, place(runs, ""), true),
                        "cats-2024-02-29 dogs-2024-02-29 dogs-2024-02-29-2 dogs-2024-02-29-3");
}

static void given_names(void **state) {
    Runs *runs = *state;
    RunDir run;
    char path[128], here[256];
    assert_opens(runs, "first", "dogs", false, "first");
    /* without checkpoints there is nothing to lose */
    assert_opens(runs, "first", "dogs", false, "first");
    snprintf(path, sizeof path, "%s/else/where/", runs->folder);
    assert_int_equal(open_run(runs, &run, path, "dogs", false), 0);
    assert_string_equal(run.path, runs_path(runs, "else/where"));
    rundir_close(&run);
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(runs->folder), 0);
    int code = open_run(runs, &run, "./here", "dogs", false);
    assert_int_equal(chdir(here), 0);
    assert_int_equal(code, 0);
    assert_string_equal(run.path, "./here");
    rundir_close(&run);
    assert_true(have_file(runs_path(runs, "here/model")));
}

static void refused_names(void **state) {
    Runs *runs = *state;
    char *longest = malloc(4001), *dataset = malloc(RUN_DATASET + 1);
    memset(longest, 'n', 4000);
    memset(dataset, 'd', RUN_DATASET);
    longest[4000] = dataset[RUN_DATASET] = 0;
    assert_refused(runs, ".", "dogs", false, EXIT_USAGE, "--run .: expected a name");
    assert_refused(runs, "..", "dogs", true, EXIT_USAGE, "--run ..: expected a name");
    assert_refused(runs, "", "dogs", false, EXIT_USAGE, "--run : expected a name");
    assert_refused(runs, longest, "dogs", false, EXIT_USAGE, "longer than 3599");
    assert_refused(runs, "x", "", false, EXIT_USAGE, "--dataset : expected a folder's name");
    assert_refused(runs, "x", "///", false, EXIT_USAGE, "--dataset ///: expected");
    assert_refused(runs, NULL, "a/..", false, EXIT_USAGE, "--dataset a/..: expected");
    assert_refused(runs, NULL, dataset, false, EXIT_USAGE, "of at most 199 characters");
    assert_string_equal(runs_names(runs, runs->folder, true), "");
    dataset[RUN_DATASET - 1] = 0;
    assert_opens(runs, "x", dataset, false, "x");
    free(longest);
    free(dataset);
}

static void places_that_cannot_be(void **state) {
    Runs *runs = *state;
    put_file(runs_path(runs, "results"), "", 0);
    assert_refused(runs, NULL, "dogs", false, EXIT_WRITE,
                   "results: cannot make this folder: Not a directory");
    assert_refused(runs, "x", "dogs", false, EXIT_WRITE,
                   "results: cannot make this folder: Not a directory");
    assert_int_equal(unlink(runs_path(runs, "results")), 0);
    assert_opens(runs, "x", "dogs", false, "x");
    assert_int_equal(rmdir(place(runs, "x/model")), 0);
    put_file(place(runs, "x/model"), "", 0);
    assert_refused(runs, "x", "dogs", false, EXIT_WRITE,
                   "x/model: cannot make this folder: Not a directory");
    assert_int_equal(unlink(place(runs, "x/lock")), 0);
    assert_int_equal(mkdir(place(runs, "x/lock"), 0777), 0);
    assert_refused(runs, "x", "dogs", false, EXIT_WRITE,
                   "x/lock: cannot be locked: Is a directory");
}

/* ---- existing runs --------------------------------------------------------------------------- */

static void names_of_checkpoints(void **state) {
    Runs *runs = *state;
    static const char *const files[] = {
        "dogs_params_0000100.pt", "dogs_params_12345678.pt", "dogs_params_0200000.pt",
        "cats_params_0300000.pt", "a_params_b_params_0000007.pt",
        /* and none of these is one */
        "dogs_params_latest.pt", "best.pt", "dogs_params_100.pt", "dogs_params_00000100.pt",
        "dogs_params_0000100.pt.damaged", "dogs_params_-000100.pt", "dogs_params_0000100.ckpt",
        "_params_0000100.pt", "dogs_params_ 000100.pt", "dogs_params_99999999999999999999.pt",
        ".p2cnn-1-1.tmp", "dogs-0000100.pt"
    };
    RunCheckpoint *list;
    size_t count;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        put_checkpoint(runs, "x", files[i], 0);
    assert_true(rundir_list(place(runs, "x"), "dogs", &list, &count));
    assert_int_equal(count, 3);
    assert_true(list[0].step == 12345678 && list[1].step == 200000 && list[2].step == 100);
    free(list);
    assert_true(rundir_list(place(runs, "x"), NULL, &list, &count));
    assert_int_equal(count, 5);
    assert_string_equal(list[1].dataset, "cats");
    assert_string_equal(list[4].dataset, "a_params_b");
    RunDir run = { .path = "r" };
    char file[RUN_FILE];
    for (size_t i = 0; i < 5; i++) {
        strcpy(run.dataset, list[i].dataset);
        rundir_file(&run, list[i].step, file);
        bool known = false;
        for (size_t k = 0; k < 5; k++) known |= !strcmp(file + strlen("r/model/"), files[k]);
        assert_true(known);
    }
    free(list);
    assert_true(rundir_list(place(runs, "nowhere"), NULL, &list, &count));
    assert_int_equal(count, 0);
    assert_null(list);
}

static void a_used_folder_needs_resume(void **state) {
    Runs *runs = *state;
    RunDir run;
    put_checkpoint(runs, "x", "dogs_params_0001000.pt", 10);
    put_checkpoint(runs, "x", "dogs_params_0002000.pt", 20);
    assert_refused(
        runs, "x", "dogs", false, EXIT_USAGE,
        "x holds checkpoints of dogs already, the newest of step 2000; --resume goes on with it");
    assert_refused(runs, "x", "cats", false, EXIT_USAGE, "x holds checkpoints of dogs already");
    /* the folder says for which dataset it is */
    assert_int_equal(open_run(runs, &run, "x", "photo2cartoon", true), 0);
    assert_string_equal(run.dataset, "dogs");
    rundir_close(&run);
    assert_int_equal(open_run(runs, &run, "x", NULL, true), 0);
    assert_string_equal(run.dataset, "dogs");
    rundir_close(&run);
    assert_refused(runs, "y", "dogs", true, EXIT_BAD_INPUT,
                   "of all/y: there is no such run to resume");
    assert_false(have_file(place(runs, "y")));
    assert_opens(runs, "z", "dogs", false, "z");
    assert_refused(runs, "z", "dogs", true, EXIT_BAD_INPUT,
                   "z/model holds no checkpoint to resume");
}

static void resuming_the_latest(void **state) {
    Runs *runs = *state;
    RunDir run;
    assert_refused(runs, NULL, "dogs", true, EXIT_BAD_INPUT,
                   "of all: no run of dogs with a checkpoint to resume");
    assert_refused(runs, NULL, NULL, true, EXIT_BAD_INPUT,
                   "of all: no run with a checkpoint to resume");
    assert_false(have_file(runs_path(runs, "results")));
    /* another dataset's */
    put_checkpoint(runs, "dogs-big-2024-01-01", "dogs-big_params_0001000.pt", 0);
    put_checkpoint(runs, "renamed", "dogs_params_0001000.pt", 0);
    put_checkpoint(runs, "dogsled", "dogs_params_0001000.pt", 0);
    put_checkpoint(runs, "dogs-2024-01-03", "dogs_params_latest.pt", 0);
    assert_refused(runs, NULL, "dogs", true, EXIT_BAD_INPUT, "no run of dogs with a checkpoint");
    put_checkpoint(runs, "dogs-2024-01-01", "dogs_params_0009000.pt", 300);
    assert_opens(runs, NULL, "in/dogs/", true, "dogs-2024-01-01");
    /* its newest checkpoint counts, */
    put_checkpoint(runs, "dogs-2024-01-02", "dogs_params_0003000.pt", 200);
    put_checkpoint(runs, "dogs-2024-01-02", "dogs_params_0001000.pt", 900);
    assert_opens(runs, NULL, "dogs", true, "dogs-2024-01-02");
    /* not the folder that was changed last */
    put_checkpoint(runs, "dogs-2024-01-01", "dogs_params_0008000.pt", 0);
    assert_opens(runs, NULL, "dogs", true, "dogs-2024-01-02");
    /* equally new: the last name counts */
    put_checkpoint(runs, "dogs-2024-01-01-2", "dogs_params_0000001.pt", 200);
    assert_opens(runs, NULL, "dogs", true, "dogs-2024-01-02");
    assert_int_equal(open_run(runs, &run, NULL, NULL, true), 0);
    assert_string_equal(run.path, place(runs, "dogs-big-2024-01-01"));
    assert_string_equal(run.dataset, "dogs-big");
    rundir_close(&run);
}

static void leftovers_are_removed(void **state) {
    Runs *runs = *state;
    static const char *const folders[] = { ".", "model", "img", "test" };
    put_checkpoint(runs, "x", "dogs_params_0001000.pt", 0);
    mkdir(place(runs, "x/img"), 0777);
    mkdir(place(runs, "x/test"), 0777);
    for (int i = 0; i < 4; i++) {
        put_file(runs_path(runs, "results/of all/x/%s/.p2cnn-4711-%d.tmp", folders[i], i), "half",
                 4);
        put_file(runs_path(runs, "results/of all/x/%s/.p2cnn-note", folders[i]), "kept", 4);
        put_file(runs_path(runs, "results/of all/x/%s/x.tmp", folders[i]), "kept", 4);
    }
    assert_int_equal(symlink("gone", place(runs, "x/model/.p2cnn-4711-link.tmp")), 0);
    assert_refused(runs, "x", "dogs", false, EXIT_USAGE, "--resume");
    assert_true(have_file(place(runs, "x/.p2cnn-4711-0.tmp"))); /* what is refused is not touched */
    assert_opens(runs, "x", "dogs", true, "x");
    assert_string_equal(runs_names(runs, place(runs, "x"), true),
                        ".p2cnn-note img lock model test x.tmp");
    assert_string_equal(runs_names(runs, place(runs, "x/model"), true),
                        ".p2cnn-note dogs_params_0001000.pt x.tmp");
    assert_string_equal(runs_names(runs, place(runs, "x/img"), true), ".p2cnn-note x.tmp");
    assert_string_equal(runs_names(runs, place(runs, "x/test"), true), ".p2cnn-note x.tmp");
}

/* ---- one process per folder
 * -------------------------------------------------------------------- */

static void one_process_a_folder(void **state) {
    Runs *runs = *state;
    RunDir run;
    int ready[2], parent[2];
    char byte = 0, expected[64];
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(parent), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (!child) {
        close(parent[1]);
        byte = open_run(runs, &run, "x", "dogs", false) == 0;
        /* it ends with the parent at the latest */
        if (write(ready[1], &byte, 1) == 1 && read(parent[0], &byte, 1) == 0) _exit(0);
        _exit(1);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 1);
    put_file(place(runs, "x/model/dogs_params_0000010.pt"), "", 0);
    RunDir watcher; /* may look while the other process holds the lock */
    char results[RUN_FILE];
    snprintf(results, sizeof results, "%s", place(runs, ""));
    assert_int_equal(
        rundir_open(
            &watcher,
            &(RunRequest){ .result_dir = results, .name = "x", .resume = true, .look = true }),
        0);
    assert_true(watcher.lock < 0 && !strcmp(watcher.dataset, "dogs"));
    rundir_close(&watcher);
    assert_int_equal(unlink(place(runs, "x/model/dogs_params_0000010.pt")), 0);
    snprintf(expected, sizeof expected, "another training (pid %ld) is going on in ", (long)child);
    assert_refused(runs, "x", "dogs", false, EXIT_USAGE, expected);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_opens(runs, "x", "dogs", false, "x");
    for (int i = 0; i < 2; i++) close(ready[i]), close(parent[i]);
}

const struct CMUnitTest p2c_tests_rundir[] = {
    RUNS_TEST(default_names),        RUNS_TEST(given_names),
    RUNS_TEST(refused_names),        RUNS_TEST(places_that_cannot_be),
    RUNS_TEST(names_of_checkpoints), RUNS_TEST(a_used_folder_needs_resume),
    RUNS_TEST(resuming_the_latest),  RUNS_TEST(leftovers_are_removed),
    RUNS_TEST(one_process_a_folder),
};
const size_t p2c_tests_rundir_count = sizeof p2c_tests_rundir / sizeof *p2c_tests_rundir;

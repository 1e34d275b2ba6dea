/* team.c (test): a context's threads compute every piece of a loop once, whoever else uses
 * threads; scratch by slot belongs to one thread; workers end with their team. */
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

#include "base/context.h"
#include "base/cores.h"
#include "base/team.h"

enum { MOST = 1000, SLOTS = 8, PATIENCE = 60 };

/* Nothing here waits longer than this, in seconds, whatever is wrong. */
static int with_alarm(void **state) {
    (void)state;
    alarm(PATIENCE);
    return 0;
}
static int without_alarm(void **state) {
    (void)state;
    alarm(0);
    return 0;
}
#define TEAM_TEST(function) cmocka_unit_test_setup_teardown(function, with_alarm, without_alarm)

static void count_up(atomic_int *visits, int count, int threads) {
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int i = 0; i < count; i++) visits[i]++;
}

static bool is_each(const atomic_int *visits, int count, int times) {
    for (int i = 0; i < count; i++)
        if (visits[i] != times) return false;
    return true;
}

/* ---- every iteration once -------------------------------------------------------------------- */

static void each_iteration_once(void **state) {
    (void)state;
    static const int threads[] = { 1, 2, 3, 8 };
    for (int t = 0; t < 4; t++) {
        P2cTeam *team = p2c_team_new(threads[t]);
        P2cTeam *outer = p2c_team_enter(team);
        for (int count = 0; count <= MOST; count += count < 70 ? 1 : 93) {
            static atomic_int visits[MOST + 1];
            memset(visits, 0, sizeof visits);
            count_up(visits, count, threads[t]);
            assert_true(is_each(visits, count, 1));
            assert_int_equal(visits[count], 0);
        }
        assert_ptr_equal(p2c_team_enter(outer), team);
        p2c_team_free(&team);
        assert_null(team);
    }
}

/* So short that workers are still busy with the end of one when the next begins. What a loop writes
 * is there for the caller and for the next loop, without atomics. */
static void many_tiny_loops(void **state) {
    (void)state;
    enum { LOOPS = 20000, COUNT = 12 };
    P2cTeam *team = p2c_team_new(3), *outer = p2c_team_enter(team);
    int sums[2][COUNT + 1] = { 0 };
    for (int i = 0; i < LOOPS; i++) {
        const int *from = sums[i % 2];
        int *to = sums[1 - i % 2];
#pragma omp parallel for num_threads(3) schedule(static)
        for (int j = 0; j < COUNT; j++) to[j] = from[COUNT - 1 - j] + i % 3;
        to[COUNT] = from[COUNT] + i % 3;
        for (int j = 0; j < COUNT; j++) assert_int_equal(to[j], to[COUNT]);
    }
    p2c_team_enter(outer);
    p2c_team_free(&team);
}

/* A worker that was let sleep begins the next loop. The iterations wait for each other, so that
 * each needs a thread of its own. */
static void sleepers_wake(void **state) {
    (void)state;
    P2cTeam *team = p2c_team_new(3), *outer = p2c_team_enter(team);
    for (int round = 0; round < 20; round++) {
        atomic_int here = 0;
        usleep(1000);
#pragma omp parallel for num_threads(3) schedule(static)
        for (int i = 0; i < 3; i++) {
            here++;
            while (here < 3) usleep(10);
        }
        assert_int_equal(here, 3);
    }
    p2c_team_enter(outer);
    p2c_team_free(&team);
}

/* ---- slots and nesting ----------------------------------------------------------------------- */

static void slots_belong_to_one_thread(void **state) {
    (void)state;
    P2cTeam *team = p2c_team_new(SLOTS), *outer = p2c_team_enter(team);
    atomic_int inside[SLOTS] = { 0 }, shared = 0, beyond = 0;
    for (int round = 0; round < 200; round++) {
#pragma omp parallel for num_threads(SLOTS) schedule(static)
        for (int i = 0; i < 100; i++) {
            int slot = p2c_team_slot();
            if (slot < 0 || slot >= SLOTS) beyond++;
            else if (inside[slot]++) shared++;
            if (i % 10 == 0) usleep(1);
            if (slot >= 0 && slot < SLOTS) inside[slot]--;
        }
        assert_int_equal(p2c_team_slot(), 0);
    }
    assert_int_equal(beyond, 0);
    assert_int_equal(shared, 0);
    p2c_team_enter(outer);
    p2c_team_free(&team);
}

static void inner_loops_stay_with_their_thread(void **state) {
    (void)state;
    P2cTeam *team = p2c_team_new(3), *outer = p2c_team_enter(team);
    static atomic_int visits[50][20];
    atomic_int strangers = 0;
#pragma omp parallel for num_threads(3) schedule(static)
    for (int i = 0; i < 50; i++) {
        pthread_t self = pthread_self();
#pragma omp parallel for num_threads(3) schedule(static)
        for (int j = 0; j < 20; j++) {
            visits[i][j]++;
            if (!pthread_equal(self, pthread_self())) strangers++;
        }
    }
    for (int i = 0; i < 50; i++) assert_true(is_each(visits[i], 20, 1));
    assert_int_equal(strangers, 0);
    p2c_team_enter(outer);
    p2c_team_free(&team);
}

static void without_a_team_the_caller_works(void **state) {
    (void)state;
    atomic_int visits[100] = { 0 };
    count_up(visits, 100, 8);
    assert_true(is_each(visits, 100, 1));
}

/* ---- several teams at once ------------------------------------------------------------------- */

static void *use_a_context(void *of) {
    P2cContext *ctx = of;
    P2cTeam *outer = p2c_team_enter(ctx->team);
    atomic_int visits[64] = { 0 };
    for (int i = 0; i < 3000; i++) count_up(visits, 64, ctx->threads);
    p2c_team_enter(outer);
    return is_each(visits, 64, 3000) ? ctx : NULL;
}

static void contexts_in_several_threads(void **state) {
    (void)state;
    enum { CONTEXTS = 3 };
    P2cContext *ctx[CONTEXTS];
    pthread_t threads[CONTEXTS];
    for (int i = 0; i < CONTEXTS; i++)
        assert_int_equal(p2c_context_new(&ctx[i], "cpu", 2 + i % 2), P2C_OK);
    for (int i = 0; i < CONTEXTS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use_a_context, ctx[i]), 0);
    for (int i = 0; i < CONTEXTS; i++) {
        void *result;
        pthread_join(threads[i], &result);
        assert_ptr_equal(result, ctx[i]);
        p2c_context_free(&ctx[i]);
    }
}

/* ---- the life of workers --------------------------------------------------------------------- */

static int threads_of_process(void) {
    int count = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *entry; tasks && (entry = readdir(tasks));) count += entry->d_name[0] != '.';
    if (tasks) closedir(tasks);
    return count;
}

static void workers_begin_with_a_loop_and_end_with_the_context(void **state) {
    (void)state;
    int before = threads_of_process();
    atomic_int visits[64] = { 0 };
    P2cContext *ctx;
#ifdef __clang__
    skip(); /* the threads are libomp's */
#endif
    if (!before) skip(); /* no /proc */
    assert_int_equal(p2c_context_new(&ctx, "cpu", 4), P2C_OK);
    assert_int_equal(threads_of_process(), before);
    P2cTeam *outer = p2c_team_enter(ctx->team);
    count_up(visits, 64, 1);
    assert_int_equal(threads_of_process(), before);
    count_up(visits, 64, 4);
    assert_int_equal(threads_of_process(), before + 3);
    p2c_team_enter(outer);
    p2c_context_free(&ctx);
    /* the system may list a thread for a moment after it was joined */
    while (threads_of_process() != before) usleep(1000);
}

/* A child of fork has the memory of a team, but not its workers. */
static void child_uses_and_frees_a_team(void **state) {
    (void)state;
    P2cTeam *team = p2c_team_new(3), *outer = p2c_team_enter(team);
    atomic_int visits[64] = { 0 };
    int status = -1;
    count_up(visits, 64, 3);
    pid_t child = fork();
    if (!child) {
        alarm(PATIENCE); /* is not inherited */
        count_up(visits, 64, 3);
        p2c_team_free(&team);
        _exit(is_each(visits, 64, 2) ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    p2c_team_enter(outer);
    p2c_team_free(&team);
}

static void one_thread_for_each_core(void **state) {
    (void)state;
    P2cContext *ctx;
    int cores = p2c_core_count();
    assert_in_range(cores, 1, sysconf(_SC_NPROCESSORS_CONF));
    assert_int_equal(p2c_context_new(&ctx, "cpu", 0), P2C_OK);
    assert_int_equal(p2c_thread_count(ctx), cores < 256 ? cores : 256);
    p2c_context_free(&ctx);
}

const struct CMUnitTest p2c_tests_team[] = {
    TEAM_TEST(each_iteration_once),
    TEAM_TEST(many_tiny_loops),
    TEAM_TEST(sleepers_wake),
    TEAM_TEST(slots_belong_to_one_thread),
    TEAM_TEST(inner_loops_stay_with_their_thread),
    TEAM_TEST(without_a_team_the_caller_works),
    TEAM_TEST(contexts_in_several_threads),
    TEAM_TEST(workers_begin_with_a_loop_and_end_with_the_context),
    TEAM_TEST(child_uses_and_frees_a_team),
    TEAM_TEST(one_thread_for_each_core),
};
const size_t p2c_tests_team_count = sizeof p2c_tests_team / sizeof *p2c_tests_team;

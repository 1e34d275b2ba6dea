/* rundir.c: see rundir.h. */
#include "rundir.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/folder.h"

static int out_of_memory(void) {
    complain("out of memory");
    return EXIT_MEMORY;
}

/* The newest of them; step -1: none. */
static int newest_checkpoint(const char *path, const char *dataset, RunCheckpoint *found) {
    RunCheckpoint *list;
    size_t count;
    found->step = -1;
    if (!rundir_list(path, dataset, &list, &count)) return out_of_memory();
    if (count) *found = list[0];
    free(list);
    return 0;
}

/* ---- folders --------------------------------------------------------------------------------- */

int rundir_make(const RunDir *run, const char *folder) {
    char path[RUN_FILE];
    snprintf(path, sizeof path, "%s/%s", run->path, folder);
    return make_folder(path);
}

/* Removes the temporary files of a process that was killed (lib/base/file.c, link.c). No process
 * writes here now, since we hold the lock. */
static void remove_temporaries(const RunDir *run) {
    static const char *const folders[] = { ".", "model", "img", "test" };
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char path[RUN_FILE];
        snprintf(path, sizeof path, "%s/%s", run->path, folders[i]);
        DIR *entries = opendir(path);
        for (struct dirent *entry; entries && (entry = readdir(entries));) {
            size_t length = strlen(entry->d_name);
            if (!strncmp(entry->d_name, ".p2cnn-", 7) && length > 11 &&
                !strcmp(entry->d_name + length - 4, ".tmp"))
                unlinkat(dirfd(entries), entry->d_name, 0);
        }
        if (entries) closedir(entries);
    }
}

/* ---- which folder ---------------------------------------------------------------------------- */

static int set_path(RunDir *run, const char *folder, const char *name) {
    int length = snprintf(run->path, RUN_PATH, "%s%s%s", folder, *folder ? "/" : "", name);
    while (length > 1 && length < RUN_PATH && run->path[length - 1] == '/') run->path[--length] = 0;
    if (length < RUN_PATH) return 0;
    complain("%.60s...: the path of the run's folder is longer than %d characters", name,
             RUN_PATH - 1);
    return EXIT_USAGE;
}

static int set_dataset(RunDir *run, const char *dataset) {
    const char *end = dataset + strlen(dataset);
    while (end > dataset && end[-1] == '/') end--;
    const char *begin = end;
    while (begin > dataset && begin[-1] != '/') begin--;
    size_t length = (size_t)(end - begin);
    snprintf(run->dataset, RUN_DATASET, "%.*s", length < RUN_DATASET ? (int)length : 0, begin);
    if (*run->dataset && strcmp(run->dataset, ".") && strcmp(run->dataset, "..")) return 0;
    complain("--dataset %s: expected a folder's name, of at most %d characters, since files are "
             "named after it",
             dataset, RUN_DATASET - 1);
    return EXIT_USAGE;
}

static int set_name(RunDir *run, const RunRequest *request) {
    const char *name = request->name;
    if (strchr(name, '/')) return set_path(run, "", name);
    if (*name && strcmp(name, ".") && strcmp(name, ".."))
        return set_path(run, request->result_dir, name);
    complain("--run %s: expected a name for the run's folder, or a path with a '/' in it", name);
    return EXIT_USAGE;
}

/* <dataset>-YYYY-MM-DD, followed by a number when that folder exists. mkdir decides, so that two
 * processes never share a folder. */
static int make_default(RunDir *run, const RunRequest *request) {
    char name[RUN_DATASET + 40], first[RUN_PATH];
    struct tm day;
    int code = make_folders(request->result_dir);
    localtime_r(&request->now, &day);
    int length = snprintf(name, sizeof name, "%s-%04d-%02d-%02d", run->dataset, day.tm_year + 1900,
                          day.tm_mon + 1, day.tm_mday);
    for (int n = 1; !code; n++) {
        if (n > 1) snprintf(name + length, sizeof name - (size_t)length, "-%d", n);
        code = set_path(run, request->result_dir, name);
        if (n == 1) memcpy(first, run->path, sizeof first);
        if (code) break;
        if (!mkdir(run->path, 0777)) {
            if (n > 1)
                say("%s is there already (--resume would go on with a run); the folder of this one "
                    "is %s",
                    first, run->path);
            break;
        }
        if (errno == EEXIST) continue;
        complain("%s: cannot make this folder: %s", run->path, strerror(errno));
        code = EXIT_WRITE;
    }
    return code;
}

/* Whether `name` is the default name of a run that has checkpoints; *saved is when the newest of
 * them was written. */
static int inspect_folder(const RunRequest *request, const RunDir *wanted, const char *name,
                          RunDir *run, struct timespec *saved, bool *good) {
    RunCheckpoint found;
    char file[RUN_FILE];
    struct stat info;
    *good = false;
    int code = set_path(run, request->result_dir, name);
    if (!code)
        code = newest_checkpoint(run->path, request->dataset ? wanted->dataset : NULL, &found);
    if (code || found.step < 0) return code;
    size_t length = strlen(found.dataset);
    memcpy(run->dataset, found.dataset, RUN_DATASET);
    rundir_file(run, found.step, file);
    *good = !strncmp(name, found.dataset, length) && name[length] == '-' && !stat(file, &info);
    if (*good) *saved = info.st_mtim;
    return 0;
}

static bool is_later(struct timespec a, struct timespec b) {
    return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

/* The run that was saved last. Of equal times the last name in byte order. */
static int find_latest(RunDir *run, const RunRequest *request) {
    struct timespec best = { 0 }, saved;
    RunDir candidate, chosen = { .lock = -1 };
    bool good, any = false;
    int code = 0;
    DIR *entries = opendir(request->result_dir);
    for (struct dirent *entry; entries && !code && (entry = readdir(entries));) {
        code = inspect_folder(request, run, entry->d_name, &candidate, &saved, &good);
        if (code || !good) continue;
        if (any && !is_later(saved, best) &&
            (is_later(best, saved) || strcmp(candidate.path, chosen.path) < 0))
            continue;
        memcpy(chosen.path, candidate.path, sizeof chosen.path);
        any = true;
        best = saved;
    }
    if (entries) closedir(entries);
    if (code) return code;
    if (any) {
        memcpy(run->path, chosen.path, sizeof run->path);
        return 0;
    }
    complain("%s: no run%s%s with a checkpoint to resume (in folders named DATASET-...); name its "
             "folder with --run, or start without --resume",
             request->result_dir, request->dataset ? " of " : "",
             request->dataset ? run->dataset : "");
    return EXIT_BAD_INPUT;
}

static int choose_folder(RunDir *run, const RunRequest *request) {
    bool wanted = request->dataset && !(request->resume && request->name);
    int code = wanted ? set_dataset(run, request->dataset) : 0;
    if (code) return code;
    if (request->name) code = set_name(run, request);
    else code = request->resume ? find_latest(run, request) : make_default(run, request);
    if (!code && request->name && !request->resume) code = make_folders(run->path);
    return code;
}

/* ---- one process a folder -------------------------------------------------------------------- */

static int complain_locked(const RunDir *run) {
    char text[32] = "";
    long pid = pread(run->lock, text, sizeof text - 1, 0) > 0 ? strtol(text, NULL, 10) : 0;
    if (pid > 0) complain("another training (pid %ld) is going on in %s", pid, run->path);
    else complain("another training is going on in %s", run->path);
    return EXIT_USAGE;
}

static int take_lock(RunDir *run) {
    char path[RUN_FILE];
    snprintf(path, sizeof path, "%s/lock", run->path);
    run->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (run->lock >= 0 && !flock(run->lock, LOCK_EX | LOCK_NB)) {
        bool written = !ftruncate(run->lock, 0) && dprintf(run->lock, "%ld\n", (long)getpid()) > 0;
        /* only for the message above: a full disk is no reason to fail */
        (void)written;
        return 0;
    }
    if (run->lock >= 0 && errno == EWOULDBLOCK) return complain_locked(run);
    complain("%s: cannot be locked: %s", path, strerror(errno));
    return EXIT_WRITE;
}

static int check_state(RunDir *run, const RunRequest *request) {
    RunCheckpoint found;
    const char *wanted =
        request->resume && !request->name && request->dataset ? run->dataset : NULL;
    int code = newest_checkpoint(run->path, wanted, &found);
    if (code) return code;
    if (request->resume && found.step < 0) {
        complain("%s/model holds no checkpoint to resume", run->path);
        return EXIT_BAD_INPUT;
    }
    if (!request->resume && found.step >= 0) {
        complain("%s holds checkpoints of %s already, the newest of step %" PRId64
                 "; --resume goes on with it, another --run starts a new one",
                 run->path, found.dataset, found.step);
        return EXIT_USAGE;
    }
    if (request->resume) memcpy(run->dataset, found.dataset, RUN_DATASET);
    return 0;
}

/* A folder to resume must exist: opening the lock must not create it. */
static int check_there(const RunDir *run) {
    struct stat info;
    if (!stat(run->path, &info) && S_ISDIR(info.st_mode)) return 0;
    complain("%s: there is no such run to resume", run->path);
    return EXIT_BAD_INPUT;
}

int rundir_open(RunDir *run, const RunRequest *request) {
    assert(request->dataset || request->resume);
    *run = (RunDir){ .lock = -1 };
    int code = choose_folder(run, request);
    if (!code && request->resume) code = check_there(run);
    if (!code && !request->look) code = take_lock(run);
    if (!code) code = check_state(run, request);
    if (code || request->look) return code;
    remove_temporaries(run);
    code = rundir_make(run, "model");
    return code ? code : rundir_make(run, "img");
}

void rundir_close(RunDir *run) {
    if (run->lock >= 0) close(run->lock);
    run->lock = -1;
}

void rundir_discard(RunDir *run) {
    static const char *const left[] = { "lock", "model", "img", "" };
    char path[RUN_FILE];
    RunCheckpoint *list = NULL;
    size_t count = 1;
    bool empty = run->lock >= 0 && rundir_list(run->path, NULL, &list, &count) && !count;
    free(list);
    for (size_t i = 0; empty && i < sizeof left / sizeof *left; i++) {
        snprintf(path, sizeof path, "%s/%s", run->path, left[i]);
        remove(path); /* a folder that is not empty stays */
    }
    rundir_close(run);
}

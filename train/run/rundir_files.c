/* run_files.c: the checkpoints of a run folder, by their names: <dataset>_params_<step, at least
 * seven digits>.pt. See rundir.h. */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rundir.h"

static const char marker[] = "_params_";

static void name_file(const char *dataset, int64_t step, char *name, size_t size) {
    snprintf(name, size, "%s%s%07" PRId64 ".pt", dataset, marker, step);
}

void rundir_file(const RunDir *run, int64_t step, char file[RUN_FILE]) {
    char name[RUN_DATASET + 40];
    name_file(run->dataset, step, name, sizeof name);
    snprintf(file, RUN_FILE, "%s/model/%s", run->path, name);
}

/* Exactly the names that are given to checkpoints. */
static bool parse_name(const char *name, RunCheckpoint *found) {
    char again[RUN_DATASET + 40];
    const char *at = NULL;
    for (const char *next = name; (next = strstr(next, marker)); next++) at = next;
    size_t length = at ? (size_t)(at - name) : 0;
    if (!length || length >= RUN_DATASET) return false;
    snprintf(found->dataset, RUN_DATASET, "%.*s", (int)length, name);
    found->step = strtoll(at + strlen(marker), NULL, 10);
    name_file(found->dataset, found->step, again, sizeof again);
    return found->step >= 0 && !strcmp(name, again);
}

static int newest_first(const void *a, const void *b) {
    const RunCheckpoint *x = a, *y = b;
    return x->step != y->step ? (x->step < y->step) - (x->step > y->step)
                              : strcmp(x->dataset, y->dataset);
}

bool rundir_list(const char *path, const char *dataset, RunCheckpoint **list, size_t *count) {
    char folder[RUN_FILE];
    size_t capacity = 0;
    bool good = true;
    *list = NULL;
    *count = 0;
    snprintf(folder, sizeof folder, "%s/model", path);
    DIR *entries = opendir(folder);
    for (struct dirent *entry; entries && good && (entry = readdir(entries));) {
        RunCheckpoint found;
        if (!parse_name(entry->d_name, &found) || (dataset && strcmp(found.dataset, dataset)))
            continue;
        if (*count == capacity) {
            RunCheckpoint *more = realloc(*list, (capacity = 2 * capacity + 16) * sizeof *more);
            if (!(good = more)) break;
            *list = more;
        }
        (*list)[(*count)++] = found;
    }
    if (entries) closedir(entries);
    if (*count) qsort(*list, *count, sizeof **list, newest_first);
    if (good) return true;
    free(*list);
    *list = NULL;
    *count = 0;
    return false;
}

/* rundir.h: the folder of one training run: chooses it, makes sure that no other process trains in
 * it, and lists its checkpoints.
 *
 *     <result_dir>/<name>/lock                                   held while a process trains here;
 *         holds its number
 *     <result_dir>/<name>/model/<dataset>_params_0001000.pt      checkpoints, by step
 *         (checkpoint.h)
 *     <result_dir>/<name>/img/, test/                            pictures
 */
#ifndef P2C_TRAIN_RUNDIR_H
#define P2C_TRAIN_RUNDIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Bytes, with the 0 at the end: of a run folder's path, of a dataset's name, and of the path of a
 * file in the folder. */
enum { RUN_PATH = 3600, RUN_DATASET = 200, RUN_FILE = 4096 };

typedef struct RunDir {
    char path[RUN_PATH];
    char dataset[RUN_DATASET]; /* its name, without folders */
    int lock;                  /* descriptor; -1: none */
} RunDir;

typedef struct RunRequest {
    const char *result_dir;
    /* below result_dir, or a path when it holds a '/'; NULL: <dataset>-YYYY-MM-DD[-2...], when
     * resuming the most recently saved of those */
    const char *name;
    /* a name, or a path whose last part is the name. When resuming, used only if name is NULL; NULL
     * means any dataset */
    const char *dataset;
    /* true: the folder must hold checkpoints, and they name the dataset. false: it must hold
     * none */
    bool resume;
    /* with resume: only read the folder. No lock is taken, so a process may train in it */
    bool look;
    time_t now; /* for the name: time(NULL) */
} RunRequest;

/* Chooses the folder, makes it, locks it, and removes the temporary files of a killed process.
 * Returns 0, or the exit code of a failure that has been reported: 2 when another process trains
 * there or the folder's state does not fit `resume`, 3 when there is nothing to resume. To be
 * closed in either case. The lock ends with the process, however that ends. */
int rundir_open(RunDir *run, const RunRequest *request);
void rundir_close(RunDir *run);
/* Closes the folder of a run that never began: a folder without checkpoints is removed. */
void rundir_discard(RunDir *run);
/* Makes a folder in it, such as "test", if it does not exist. 0 or the exit code of a reported
 * failure. */
int rundir_make(const RunDir *run, const char *folder);

/* A checkpoint, as its file name tells. */
typedef struct RunCheckpoint {
    int64_t step;
    char dataset[RUN_DATASET];
} RunCheckpoint;

/* The checkpoints of `dataset` (NULL: of any) in the folder `path`, newest step first; none when
 * there is no such folder. *list is the caller's to free. False: out of memory. */
bool rundir_list(const char *path, const char *dataset, RunCheckpoint **list, size_t *count);
void rundir_file(const RunDir *run, int64_t step, char file[RUN_FILE]);

#endif

/* checkpoint.c: writing checkpoints, and which of them stay.
 *
 *   1  write beside, fsync, rename           the file is complete or not there
 *   2  read back, compare checksums          else it is deleted again
 *   3  latest names it                       made beside, renamed
 *   4  delete what need not stay             so while one is written, there are two older ones
 *                                            that were read back, once there were two
 */
#include "checkpoint.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "link.h"

enum { KEEP_AT_LEAST = 2 };

int checkpoint_tensor_count(const P2cStore *store, const char *network) {
    size_t length = strlen(network);
    int count = 0;
    for (int i = 0; i < p2c_store_count(store); i++) {
        const char *name = p2c_store_name(store, i);
        count += !strncmp(name, network, length) && name[length] == '.';
    }
    return count;
}

/* ---- the tree -------------------------------------------------------------------------------- */

static P2cStatus add_networks(const P2cStore *store, CheckpointNetworks networks, P2cValue *tree) {
    P2cStatus status = P2C_OK;
    for (int i = 0; i < networks.count && !status; i++) {
        const char *name = networks.list[i].name;
        P2cValue *dict;
        if (!checkpoint_tensor_count(store, name)) continue;
        status = p2c_store_view(store, name, &dict);
        if (!status) status = p2c_value_set(tree, name, dict);
    }
    return status;
}

/* Takes p2cnn. What can fail is memory, and the device that the weights are on. */
static P2cStatus collect_tree(const P2cStore *store, CheckpointNetworks networks, P2cValue *p2cnn,
                              P2cValue **out) {
    P2cValue *tree = *out = p2c_value_dict(), *moments;
    P2cStatus status = tree && p2cnn ? add_networks(store, networks, tree) : P2C_ERR_MEMORY;
    if (!status) status = p2c_store_view_moments(store, "", &moments);
    if (!status) status = p2c_value_set(p2cnn, "moments", moments);
    if (!status) status = p2c_value_set(tree, "p2cnn", p2cnn);
    else p2c_value_free(&p2cnn);
    if (status) p2c_value_free(out);
    return status;
}

/* ---- other names ----------------------------------------------------------------------------- */

static int link_checkpoint(const RunDir *run, int64_t step, const char *prefix, const char *name) {
    char file[RUN_FILE], other[RUN_FILE];
    rundir_file(run, step, file);
    snprintf(other, sizeof other, "%s/model/%s%s.pt", run->path, prefix, name);
    int error = link_over(file, other);
    if (!error) return 0;
    complain("%s: cannot become a name of the checkpoint of step %" PRId64 ": %s", other, step,
             strerror(error));
    return EXIT_WRITE;
}

int checkpoint_link_best(const RunDir *run, int64_t step) {
    return link_checkpoint(run, step, "", "best");
}

int checkpoint_link_latest(const RunDir *run, int64_t step) {
    char prefix[RUN_DATASET + 16];
    snprintf(prefix, sizeof prefix, "%s_params_", run->dataset);
    return link_checkpoint(run, step, prefix, "latest");
}

/* ---- which stay ------------------------------------------------------------------------------ */

static bool same_file(const char *a, const char *b) {
    struct stat x, y;
    return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* Deletes the others. A file that cannot be deleted is reported, and only takes space. */
static void delete_old(const RunDir *run, CheckpointPolicy policy) {
    char best[RUN_FILE], file[RUN_FILE];
    RunCheckpoint *list;
    size_t count, keep = policy.keep < KEEP_AT_LEAST ? KEEP_AT_LEAST : (size_t)policy.keep;
    if (!policy.keep || !rundir_list(run->path, run->dataset, &list, &count)) return;
    snprintf(best, sizeof best, "%s/model/best.pt", run->path);
    for (size_t i = keep; i < count; i++) {
        rundir_file(run, list[i].step, file);
        bool milestone =
            policy.milestone && list[i].step > 0 && list[i].step % policy.milestone == 0;
        if (milestone || same_file(file, best)) continue;
        if (unlink(file))
            complain("%s: cannot delete this old checkpoint: %s", file, strerror(errno));
    }
    free(list);
}

/* ---- saving ---------------------------------------------------------------------------------- */

static P2cStatus write_verified(P2cContext *ctx, const char *file, const P2cValue *tree) {
    P2cStatus status = p2c_pt_write(ctx, file, tree);
    if (status) return status;
    status = p2c_pt_verify(ctx, file);
    if (!status) return P2C_OK;
    unlink(file);
    return status == P2C_ERR_MEMORY ? status : P2C_ERR_WRITE;
}

/* Takes the tree. */
static int write_checkpoint(P2cContext *ctx, const RunDir *run, int64_t step, P2cValue *tree,
                            CheckpointPolicy policy) {
    char file[RUN_FILE];
    rundir_file(run, step, file);
    P2cStatus status = write_verified(ctx, file, tree);
    p2c_value_free(&tree);
    if (status) {
        complain("%s; step %" PRId64 " is not saved, older checkpoints are as they were",
                 p2c_error(ctx), step);
        return p2c_exit_code(status);
    }
    int code = checkpoint_link_latest(run, step);
    if (!code) delete_old(run, policy);
    return code;
}

int checkpoint_save(P2cContext *ctx, const RunDir *run, const P2cStore *store,
                    CheckpointNetworks networks, int64_t step, P2cValue *p2cnn,
                    CheckpointPolicy policy) {
    char file[RUN_FILE];
    P2cValue *tree;
    rundir_file(run, step, file);
    P2cStatus status = collect_tree(store, networks, p2cnn, &tree);
    if (!status) return write_checkpoint(ctx, run, step, tree, policy);
    if (status != P2C_ERR_DEVICE) complain("%s: not saved: out of memory", file);
    return p2c_exit_code(status);
}

/* checkpoint_read.c: continuing from a checkpoint, and starting from networks of another run. */
#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoint.h"
#include "cli/cli.h"

/* ---- finding --------------------------------------------------------------------------------- */

/* Renames damaged files, so that they no longer count as copies and `latest` does not name one. A
 * failure here does no harm: they are reported again next time. */
static void rename_damaged(const RunDir *run, const RunCheckpoint *damaged, size_t count,
                           int64_t intact) {
    char file[RUN_FILE], aside[RUN_FILE + 16];
    for (size_t i = 0; i < count; i++) {
        rundir_file(run, damaged[i].step, file);
        snprintf(aside, sizeof aside, "%s.damaged", file);
        if (rename(file, aside)) complain("%s: cannot be renamed: %s", file, strerror(errno));
        else say("%s is now %s.damaged", file, strrchr(file, '/') + 1);
    }
    if (count) checkpoint_link_latest(run, intact);
}

/* The first that can be read; *at is its place in the list, `count` when there is none. Damaged
 * ones before it are moved to the front. */
static P2cStatus read_newest(P2cContext *ctx, const RunDir *run, RunCheckpoint *list, size_t count,
                             size_t *at, size_t *damaged, P2cValue **tree) {
    char file[RUN_FILE];
    P2cStatus status = P2C_ERR_READ;
    for (*at = *damaged = 0; *at < count; ++*at) {
        rundir_file(run, list[*at].step, file);
        status = p2c_pt_read(ctx, file, tree);
        if (!status || status == P2C_ERR_MEMORY) break;
        complain("%s%s", p2c_error(ctx),
                 *at + 1 < count ? "; trying the checkpoint before it" : "");
        if (status == P2C_ERR_FORMAT) list[(*damaged)++] = list[*at];
    }
    return status;
}

int checkpoint_find(P2cContext *ctx, const RunDir *run, P2cValue **tree, int64_t *step) {
    RunCheckpoint *list;
    size_t count, at, damaged;
    char file[RUN_FILE];
    *tree = NULL;
    if (!rundir_list(run->path, run->dataset, &list, &count)) {
        complain("out of memory");
        return EXIT_MEMORY;
    }
    P2cStatus status = read_newest(ctx, run, list, count, &at, &damaged, tree);
    if (!status) {
        *step = list[at].step;
        rundir_file(run, *step, file);
        /* else the folder is another process's */
        if (run->lock >= 0) rename_damaged(run, list, damaged, *step);
        say("%s %s, step %" PRId64, run->lock >= 0 ? "resuming from" : "reading", file, *step);
    } else if (status == P2C_ERR_MEMORY) {
        complain("%s", p2c_error(ctx));
    } else {
        complain("%s/model: none of its %zu checkpoints of %s can be read; --pretrained_weights "
                 "can start a new --run from other networks",
                 run->path, count, run->dataset);
    }
    free(list);
    return p2c_exit_code(status);
}

void checkpoint_free(P2cValue **tree) {
    p2c_value_free(tree);
#ifdef __GLIBC__
    malloc_trim(0); /* it would keep half of that for allocations that a training run never makes */
#endif
}

/* ---- loading --------------------------------------------------------------------------------- */

static bool has_network(const P2cStore *store, const char *network) {
    return checkpoint_tensor_count(store, network) > 0;
}

/* Whether it is an average that has to start as what it averages. */
static bool starts_anew(const P2cValue *tree, CheckpointNetwork network) {
    return network.average_of && !p2c_value_get(tree, network.name);
}

static P2cStatus check_networks(const P2cStore *store, CheckpointNetworks networks,
                                const P2cValue *tree) {
    P2cStatus status = P2C_OK;
    for (int i = 0; i < networks.count && !status; i++) {
        CheckpointNetwork network = networks.list[i];
        if (has_network(store, network.name) && !starts_anew(tree, network))
            status = p2c_store_check(store, network.name, p2c_value_get(tree, network.name));
    }
    return status;
}

static P2cStatus load_network(P2cStore *store, const P2cValue *tree, CheckpointNetwork network) {
    const char *name = network.name, *source = network.average_of;
    if (!starts_anew(tree, network)) return p2c_store_load(store, name, p2c_value_get(tree, name));
    P2cStatus status = p2c_store_copy(store, source, name);
    if (!status) say("%s: not in the checkpoint, starts as %s", name, source);
    return status;
}

static P2cStatus load_networks(P2cStore *store, CheckpointNetworks networks, const P2cValue *tree) {
    P2cStatus status = P2C_OK;
    for (int i = 0; i < networks.count && !status; i++)
        if (has_network(store, networks.list[i].name))
            status = load_network(store, tree, networks.list[i]);
    return status;
}

static int cannot_load(P2cContext *ctx, P2cStatus status) {
    if (status && status != P2C_ERR_DEVICE)
        complain("the checkpoint cannot be loaded: %s", p2c_error(ctx));
    return p2c_exit_code(status);
}

int checkpoint_load_networks(P2cContext *ctx, P2cStore *store, CheckpointNetworks networks,
                             const P2cValue *tree) {
    P2cStatus status = check_networks(store, networks, tree);
    if (!status) status = load_networks(store, networks, tree);
    return cannot_load(ctx, status);
}

int checkpoint_load(P2cContext *ctx, P2cStore *store, CheckpointNetworks networks,
                    const P2cValue *tree) {
    const P2cValue *moments = p2c_value_get(p2c_value_get(tree, "p2cnn"), "moments");
    if (!moments) {
        complain("the checkpoint holds no state to resume ('p2cnn', 'moments'), only networks; "
                 "--pretrained_weights starts a new --run from them");
        return EXIT_BAD_INPUT;
    }
    P2cStatus status = check_networks(store, networks, tree);
    if (!status) status = p2c_store_load_moments(store, "", moments);
    if (!status) status = load_networks(store, networks, tree);
    return cannot_load(ctx, status);
}

/* ---- pretrained ------------------------------------------------------------------------------ */

/* The key of a network's average in a file of networks; NULL: it has none there. */
static const char *average_key(const P2cValue *file, CheckpointNetworks networks, int i) {
    for (int k = 0; k < networks.count; k++) {
        CheckpointNetwork network = networks.list[k];
        if (network.average_of && !strcmp(network.average_of, networks.list[i].name) &&
            p2c_value_get(file, network.name))
            return network.name;
    }
    return NULL;
}

const P2cValue *checkpoint_pretrained_dict(const P2cValue *file, CheckpointNetworks networks,
                                           int i) {
    bool bare = true;
    for (int k = 0; k < networks.count; k++) bare &= !p2c_value_get(file, networks.list[k].name);
    if (networks.list[i].average_of) return NULL;
    if (bare) return i == 0 ? file : NULL;
    const char *average = average_key(file, networks, i);
    return p2c_value_get(file, average ? average : networks.list[i].name);
}

static P2cStatus load_dicts(P2cStore *store, CheckpointNetworks networks, const P2cValue *file) {
    P2cStatus status = P2C_OK;
    for (int load = 0; load < 2; load++)
        for (int i = 0; i < networks.count && !status; i++) {
            const char *name = networks.list[i].name;
            const P2cValue *dict = checkpoint_pretrained_dict(file, networks, i);
            if (!dict || !has_network(store, name)) continue;
            status = load ? p2c_store_load(store, name, dict) : p2c_store_check(store, name, dict);
        }
    return status;
}

static void say_what_became(const P2cStore *store, CheckpointNetworks networks,
                            const P2cValue *file, const char *path) {
    for (int i = 0; i < networks.count; i++) {
        const char *name = networks.list[i].name, *average = average_key(file, networks, i);
        int count = checkpoint_tensor_count(store, name);
        if (!count || networks.list[i].average_of) continue;
        if (!checkpoint_pretrained_dict(file, networks, i))
            say("%s: not in %s, left at its initial values", name, path);
        else if (average) say("%s: %d tensors loaded from %s, its %s", name, count, path, average);
        else say("%s: %d tensors loaded from %s", name, count, path);
    }
}

int checkpoint_load_pretrained(P2cContext *ctx, P2cStore *store, CheckpointNetworks networks,
                               const P2cValue *file, const char *path) {
    P2cStatus status = load_dicts(store, networks, file);
    if (status && status != P2C_ERR_DEVICE) complain("%s: %s", path, p2c_error(ctx));
    if (!status) say_what_became(store, networks, file, path);
    return p2c_exit_code(status);
}

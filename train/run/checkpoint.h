/* checkpoint.h: what a run keeps on disk: its networks, and everything that is needed to continue.
 *
 *     <run>/model/<dataset>_params_0001000.pt     {"<network>": state dict, for each network of the
 *                                                  list that the store has,
 *                                                  "p2cnn": {..., "moments": {...}}}
 *     <run>/model/<dataset>_params_latest.pt      the newest of them: another name of the same file
 *     <run>/model/best.pt                         the best of them, likewise
 *
 * docs/file-formats.md has the layout in full. What is in "p2cnn" besides the moments is the
 * trainer's. Other scopes of the store, such as a frozen network, are neither saved nor loaded.
 *
 * Functions that return int have reported their failure in one line, and return the exit code that
 * a program should end with; 0: done. But EXIT_DEVICE is not reported: p2c_error tells what
 * happened, and the caller what that means for the run.
 */
#ifndef P2C_TRAIN_CHECKPOINT_H
#define P2C_TRAIN_CHECKPOINT_H

#include "p2cnn.h"
#include "rundir.h"

/* A network of the store, by the name of its scope. */
typedef struct CheckpointNetwork {
    const char *name;
    const char *average_of; /* it is the average of this one over steps; NULL: it is not */
} CheckpointNetwork;
typedef struct CheckpointNetworks {
    const CheckpointNetwork *list;
    int count;
} CheckpointNetworks;

typedef struct CheckpointPolicy {
    int keep;          /* number of newest ones to keep, at least 2; 0: all */
    int64_t milestone; /* those of every Nth step are kept for good; 0: none */
} CheckpointPolicy;

/* Writes the checkpoint of `step` and reads it back. Only then `latest` names it, and checkpoints
 * that the policy does not keep are deleted (never the one that best.pt is). p2cnn: a dict, taken
 * in every case; "moments" is added to it; NULL means that there was no memory for it. Weights in
 * the host's memory are not copied. On failure all older checkpoints are unchanged (EXIT_WRITE: the
 * disk), and training may go on unless the device failed. */
int checkpoint_save(P2cContext *ctx, const RunDir *run, const P2cStore *store,
                    CheckpointNetworks networks, int64_t step, P2cValue *p2cnn,
                    CheckpointPolicy policy);
/* best.pt becomes another name of the checkpoint of `step`, which must be there. */
int checkpoint_link_best(const RunDir *run, int64_t step);

/* Reads the newest intact checkpoint of the run, by the step in its name, and says so on stdout.
 * Damaged ones that are newer are reported, and once an older one was found, renamed to *.damaged,
 * so that they do not count as copies any more. EXIT_BAD_INPUT: none is intact. *tree is to be
 * freed with checkpoint_free, NULL on failure. */
int checkpoint_find(P2cContext *ctx, const RunDir *run, P2cValue **tree, int64_t *step);
/* Frees the tree, and gives its memory, as much as all weights and moments, back to the system. */
void checkpoint_free(P2cValue **tree);
/* Loads networks and moments, names and shapes agreeing one to one: the graph must be built, since
 * that is what makes moments. Averages that the tree lacks start as what they are averages of. When
 * something does not fit, nothing is changed. */
int checkpoint_load(P2cContext *ctx, P2cStore *store, CheckpointNetworks networks,
                    const P2cValue *tree);
/* The same without moments, for the networks that the store has. */
int checkpoint_load_networks(P2cContext *ctx, P2cStore *store, CheckpointNetworks networks,
                             const P2cValue *tree);
/* Networks to start a new run from: those of a file of any program that has one or more of the
 * list, or a bare state dict, which is the first. The state dict of network i, borrowed: that of
 * its average, if the file has one, since it is the better network, and Adam starts anew in any
 * case. NULL: it is not in the file, or is an average. */
const P2cValue *checkpoint_pretrained_dict(const P2cValue *file, CheckpointNetworks networks,
                                           int i);
/* Loads them, and says of each network what became of it. path: of the file, for messages. When one
 * does not fit, nothing is changed. Averages in the store stay as they are. */
int checkpoint_load_pretrained(P2cContext *ctx, P2cStore *store, CheckpointNetworks networks,
                               const P2cValue *file, const char *path);

/* ---- between checkpoint.c and checkpoint_read.c ---- */

int checkpoint_tensor_count(const P2cStore *store, const char *network);
int checkpoint_link_latest(const RunDir *run, int64_t step);

#endif

/* pretrained.h: --pretrained_weights: a new run starts from the networks of a file, which also say
 * what shape they have. Functions that return int do so as run/run.h says. */
#ifndef P2C_TRAIN_PRETRAINED_H
#define P2C_TRAIN_PRETRAINED_H

#include "options.h"

/* Reads options->pretrained_weights: a checkpoint of any picture size, networks alone, or the state
 * dict of a generator. Sets what shapes its generators (ch, ch_b2a, light, and img_size for full
 * ones) unless the command line gives it; then both must agree. With --widen, widths are twice the
 * file's. *file is to be freed with checkpoint_free, NULL on failure. */
int pretrained_read(P2cContext *ctx, Options *options, P2cValue **file);
/* Loads what the file has into the networks of the store, after widening if --widen says so. The
 * others stay as they are, which is said. */
int pretrained_load(P2cContext *ctx, P2cStore *store, const Options *options, const P2cValue *file);

#endif

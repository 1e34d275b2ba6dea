/* autoencoder.h: steps before the training proper, in which both generators learn to reproduce
 * their input: the loss is that of an autoencoder, without discriminators. */
#ifndef P2C_TRAIN_AUTOENCODER_H
#define P2C_TRAIN_AUTOENCODER_H

#include "step.h"

/* As step_init, after it, over the same store and updates. The step's input `a` is what genA2B
 * reproduces, `b` what genB2A does, both of any kind of pictures. The mean distances (L1) are the
 * terms TERM_IDENTITY and TERM_G, of_a that of genA2B, of_b that of genB2A; all other terms, and
 * what concerns discriminators, are 0. */
P2C_CHECKED P2cStatus autoencoder_init(Step *step, StepUpdates *updates, P2cContext *ctx,
                                       P2cStore *store, const StepOptions *options);

#endif

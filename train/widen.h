/* widen.h: a network of twice the width that computes the same. */
#ifndef P2C_TRAIN_WIDEN_H
#define P2C_TRAIN_WIDEN_H

#include "p2cnn.h"

/* Makes weights for the network `name` of the store, a generator or discriminator, from those of
 * one with half as many channels: channel i becomes channels 2i and 2i+1, and the network computes
 * what the small one did (up to rounding, and LIN's unbiased variance). Net2Net (Chen 2016). Then
 * the copies with an odd number get noise, or both would learn the same: `noise` is its deviation,
 * relative to the deviation of the tensor; 0: none. Tensors that have neither the store's sizes nor
 * half of them stay as they are. *wide: a new state dict, NULL on failure. */
P2C_CHECKED P2cStatus widen_network(const P2cStore *store, const char *name, const P2cValue *small,
                                    double noise, uint64_t seed, P2cValue **wide);

#endif

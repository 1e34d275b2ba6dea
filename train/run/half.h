/* half.h: tensors as float16, for files of weights that are small. */
#ifndef P2C_TRAIN_HALF_H
#define P2C_TRAIN_HALF_H

#include "p2cnn.h"

/* A copy of the tensors of a state dict as float16, to nearest, halves to even; entries that are no
 * tensors are left out. NULL: out of memory. */
P2cValue *half_state_dict(const P2cValue *state_dict);

#endif

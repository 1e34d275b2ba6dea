/* spectral_norm.h: the attributes of spectral_norm. */
#ifndef P2C_OP_SPECTRAL_NORM_H
#define P2C_OP_SPECTRAL_NORM_H

#include "op.h"

/* training: one power iteration before each use, written back to u and v */
typedef struct P2cSpectralAttributes {
    bool training;
} P2cSpectralAttributes;

#endif

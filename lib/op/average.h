/* average.h: the attributes of average. */
#ifndef P2C_OP_AVERAGE_H
#define P2C_OP_AVERAGE_H

#include "op.h"

/* decay: the caller's, read at every run */
typedef struct P2cAverageAttributes {
    const double *decay;
} P2cAverageAttributes;

#endif

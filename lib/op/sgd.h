/* sgd.h: what sgd_begin hands to sgd; their attributes are in update.h. */
#ifndef P2C_OP_SGD_H
#define P2C_OP_SGD_H

#include "op.h"
#include "update.h"

/* The result of sgd_begin, a vector of floats: what is the same for every element that its updates
 * change. */
typedef struct P2cSgdRates {
    float step; /* the number of the update; NaN: refused, nothing is to change */
    float rate, momentum, decay;
    float updates; /* of the same P2cSgd in this run so far, this one counted */
} P2cSgdRates;
enum { P2C_SGD_RATES = sizeof(P2cSgdRates) / sizeof(float) };

#endif

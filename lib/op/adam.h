/* adam.h: what adam_begin hands to adam; their attributes are in update.h. */
#ifndef P2C_OP_ADAM_H
#define P2C_OP_ADAM_H

#include "op.h"
#include "update.h"

/* The result of adam_begin, a vector of floats: the same for all elements of all its parameters. */
typedef struct P2cAdamRates {
    /* the number of the update; NaN: the update is refused, nothing changes */
    float step;
    /* lr / (1 - beta1^step), 1 / sqrt(1 - beta2^step) */
    float rate, unbias;
    float decay, eps, beta1, rest1, beta2, rest2; /* rest: 1 - beta */
    /* updates of the same P2cAdam in this run so far, this one included */
    float updates;
} P2cAdamRates;
enum { P2C_ADAM_RATES = sizeof(P2cAdamRates) / sizeof(float) };

#endif

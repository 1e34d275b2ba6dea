/* adam_begin: counts an update whose gradients are finite (see lib/op/adam_begin.c). */
#include <math.h>

#include "cpu.h"

static void forward(const P2cCall *call) {
    P2cAdam *adam = P2C_ATTRIBUTES(call->node, P2cAdamAttributes)->adam;
    bool finite = isfinite(*call->x[0]) && isfinite(*call->x[1]);
    *call->y = finite ? (float)++adam->step : NAN;
}

const P2cKernel P2C_CPU(adam_begin) = { .forward = forward };

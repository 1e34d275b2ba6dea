/* adam_begin: computes the rates of an update and counts it if its gradients are finite (see
 * lib/op/adam_begin.c). */
#include <math.h>

#include "cpu.h"
#include "op/adam.h"

static void forward(const P2cCall *call) {
    P2cAdam *o = P2C_ATTRIBUTES(call->node, P2cUpdateBeginAttributes)->settings;
    bool finite = isfinite(*call->x[0]) && isfinite(*call->x[1]);
    double step = (double)(o->step + 1);
    float earlier = call->node->count == 3 ? ((const P2cAdamRates *)call->x[2])->updates : 0;
    *(P2cAdamRates *)call->y = (P2cAdamRates){
        .step = finite ? (float)step : NAN,
        .rate = (float)(o->lr / (1 - pow(o->beta1, step))),
        .unbias = (float)(1 / sqrt(1 - pow(o->beta2, step))),
        .decay = (float)o->weight_decay,
        .eps = (float)o->eps,
        .beta1 = (float)o->beta1,
        .rest1 = (float)(1 - o->beta1),
        .beta2 = (float)o->beta2,
        .rest2 = (float)(1 - o->beta2),
        .updates = earlier + (finite ? 1 : 0),
    };
    if (finite) o->step++;
}

const P2cKernel P2C_CPU(adam_begin) = { .forward = forward };

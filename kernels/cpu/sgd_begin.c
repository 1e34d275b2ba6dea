/* sgd_begin: the rates of an update, which counts when its gradients are finite (see
 * lib/op/sgd_begin.c). */
#include <math.h>

#include "op/sgd.h"

#include "cpu.h"

static void forward(const P2cCall *call) {
    P2cSgd *o = P2C_ATTRIBUTES(call->node, P2cUpdateBeginAttributes)->settings;
    bool finite = isfinite(*call->x[0]) && isfinite(*call->x[1]);
    float earlier = call->node->count == 3 ? ((const P2cSgdRates *)call->x[2])->updates : 0;
    *(P2cSgdRates *)call->y = (P2cSgdRates){
        .step = finite ? (float)(o->step + 1) : NAN,
        .rate = (float)o->lr,
        .momentum = (float)o->momentum,
        .decay = (float)o->weight_decay,
        .updates = earlier + (finite ? 1 : 0),
    };
    if (finite) o->step++;
}

const P2cKernel P2C_CPU(sgd_begin) = { .forward = forward };

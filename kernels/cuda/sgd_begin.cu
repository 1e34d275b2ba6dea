/* sgd_begin: the rates of an update, which counts when its gradients are finite (see
 * lib/op/sgd_begin.c). P2cSgd is the host's: its values come by run parameters before every run,
 * and whether the update took place goes back by it. Where a run makes several updates with one
 * P2cSgd, only the device knows how many came before. Grid: one thread. */
#include <math.h>

#include "op/sgd.h"

#include "cuda.cuh"

struct RunParams {
    double step; /* of the run's first update */
    float rate, momentum, decay;
    int counts; /* back: the update took place */
};

static P2cSgd *sgd_of(const P2cCall *call) {
    return (P2cSgd *)P2C_ATTRIBUTES(call->node, P2cUpdateBeginAttributes)->settings;
}

static void before(const P2cCall *call) {
    const P2cSgd *o = sgd_of(call);
    RunParams params = { (double)(o->step + 1), (float)o->lr, (float)o->momentum,
                         (float)o->weight_decay, 0 };
    *(RunParams *)call->run_params_host = params;
}

static void after(const P2cCall *call) {
    if (((const RunParams *)call->run_params_host)->counts) sgd_of(call)->step++;
}

/* earlier: the result of the run's sgd_begin before this one, or NULL. */
static __global__ void forward_kernel(const float *squares, const float *loss,
                                      const P2cSgdRates *earlier, RunParams *params,
                                      P2cSgdRates *y) {
    bool finite = isfinite(*squares) && isfinite(*loss);
    float updates = earlier ? earlier->updates : 0;
    y->step = finite ? (float)(params->step + updates) : NAN;
    y->rate = params->rate;
    y->momentum = params->momentum;
    y->decay = params->decay;
    y->updates = updates + (finite ? 1 : 0);
    params->counts = finite;
}

static void forward(const P2cCall *call) {
    const P2cSgdRates *earlier = call->node->count == 3 ? (const P2cSgdRates *)call->x[2] : NULL;
    P2C_LAUNCH(forward_kernel, 1, 1, 0, call->queue, call->x[0], call->x[1], earlier,
               (RunParams *)call->run_params, (P2cSgdRates *)call->y);
}

const P2cKernel p2c_cuda_sgd_begin = {
    .forward = forward, .run_params_bytes = sizeof(RunParams), .before = before, .after = after
};

/* adam_begin: computes the rates of an update and counts it if its gradients are finite (see
 * lib/op/adam_begin.c). P2cAdam belongs to the host. Its values are copied in as run parameters
 * before every run, and whether the update took place is copied back. If a run makes several
 * updates with one P2cAdam, only the device knows how many took place before, so it continues the
 * powers of beta itself. Grid: one thread. */
#include <math.h>

#include "cuda.cuh"
#include "op/adam.h"

struct RunParams {
    /* step: of the run's first update; power: beta^step */
    double step, lr, beta1, beta2, power1, power2;
    float decay, eps;
    int counts; /* copied back: 1 if the update took place */
};

static P2cAdam *adam_of(const P2cCall *call) {
    return (P2cAdam *)P2C_ATTRIBUTES(call->node, P2cUpdateBeginAttributes)->settings;
}

static void before(const P2cCall *call) {
    const P2cAdam *o = adam_of(call);
    double step = (double)(o->step + 1);
    RunParams params = { step,
                         o->lr,
                         o->beta1,
                         o->beta2,
                         pow(o->beta1, step),
                         pow(o->beta2, step),
                         (float)o->weight_decay,
                         (float)o->eps,
                         0 };
    *(RunParams *)call->run_params_host = params;
}

static void after(const P2cCall *call) {
    if (((const RunParams *)call->run_params_host)->counts) adam_of(call)->step++;
}

/* earlier: the result of the previous adam_begin in the run, or NULL. */
static __global__ void forward_kernel(const float *squares, const float *loss,
                                      const P2cAdamRates *earlier, RunParams *params,
                                      P2cAdamRates *y) {
    RunParams o = *params;
    bool finite = isfinite(*squares) && isfinite(*loss);
    int updates = earlier ? (int)earlier->updates : 0;
    for (int i = 0; i < updates; i++) {
        o.step += 1;
        o.power1 *= o.beta1;
        o.power2 *= o.beta2;
    }
    y->step = finite ? (float)o.step : NAN;
    y->rate = (float)(o.lr / (1 - o.power1));
    y->unbias = (float)(1 / sqrt(1 - o.power2));
    y->decay = o.decay;
    y->eps = o.eps;
    y->beta1 = (float)o.beta1;
    y->rest1 = (float)(1 - o.beta1);
    y->beta2 = (float)o.beta2;
    y->rest2 = (float)(1 - o.beta2);
    y->updates = (float)(updates + finite);
    params->counts = finite;
}

static void forward(const P2cCall *call) {
    const P2cAdamRates *earlier = call->node->count == 3 ? (const P2cAdamRates *)call->x[2] : NULL;
    P2C_LAUNCH(forward_kernel, 1, 1, 0, call->queue, call->x[0], call->x[1], earlier,
               (RunParams *)call->run_params, (P2cAdamRates *)call->y);
}

const P2cKernel p2c_cuda_adam_begin = {
    .forward = forward, .run_params_bytes = sizeof(RunParams), .before = before, .after = after
};

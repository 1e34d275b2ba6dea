/* adam: one update in place (see lib/op/adam.c for the formula). */
#include <math.h>

#include "../../lib/params.h"
#include "cpu.h"

/* What is the same for every element. */
typedef struct Rates { float rate, unbias, decay, eps, b1, c1, b2, c2; } Rates;

static Rates rates_of(const P2cAdam *o) {
    return (Rates){ .rate = (float)(o->lr / (1 - pow(o->beta1, (double)o->step))), .unbias = (float)(1 / sqrt(1 - pow(o->beta2, (double)o->step))),
                    .decay = (float)o->weight_decay, .eps = (float)o->eps, .b1 = (float)o->beta1, .c1 = (float)(1 - o->beta1),
                    .b2 = (float)o->beta2, .c2 = (float)(1 - o->beta2) };
}

static void forward(const P2cCall *call) {
    const P2cAdamAttributes *a = P2C_ATTRIBUTES(call->node, P2cAdamAttributes);
    const Rates r = rates_of(a->adam);
    float *p = call->x[0], *m = a->param->m, *v = a->param->v, low = a->param->low, high = a->param->high;
    const float *gradient = call->x[1];
    size_t n = p2c_dims_count(call->node->x[0]->dims);
    *call->y = *call->x[2];
    if (isnan(*call->x[2])) return;
#pragma omp parallel for num_threads(threads_for(call, n)) schedule(static)
    for (size_t i = 0; i < n; i++) {
        float g = gradient[i] + r.decay * p[i];
        m[i] = r.b1 * m[i] + r.c1 * g;
        v[i] = r.b2 * v[i] + r.c2 * g * g;
        float next = p[i] - r.rate * m[i] / (sqrtf(v[i]) * r.unbias + r.eps);
        p[i] = next < low ? low : next > high ? high : next;
    }
}

const P2cKernel P2C_CPU(adam) = { .forward = forward };

/* adam: one update in place (see lib/op/adam.c for the formula); y = sum of squares of the gradient. */
#include <math.h>

#include "../../lib/params.h"
#include "cpu.h"

static size_t work(const P2cNode *node, bool backward, int threads) {
    (void)backward, (void)threads;
    return piece_bytes(p2c_dims_count(node->x[0]->dims));
}

static double piece(const P2cCall *call, size_t begin, size_t end) {
    const P2cAdamAttributes *a = P2C_ATTRIBUTES(call->node, P2cAdamAttributes);
    const P2cAdam o = *a->adam;
    float *p = call->x[0], *m = a->param->m, *v = a->param->v, low = a->param->low, high = a->param->high;
    const float *gradient = call->x[1];
    float rate = (float)(o.lr / (1 - pow(o.beta1, (double)o.step))), unbias = (float)(1 / sqrt(1 - pow(o.beta2, (double)o.step)));
    float decay = (float)o.weight_decay, eps = (float)o.eps;
    float b1 = (float)o.beta1, c1 = (float)(1 - o.beta1), b2 = (float)o.beta2, c2 = (float)(1 - o.beta2);
    for (size_t i = begin; i < end; i++) {
        float g = gradient[i] + decay * p[i];
        m[i] = b1 * m[i] + c1 * g;
        v[i] = b2 * v[i] + c2 * g * g;
        float next = p[i] - rate * m[i] / (sqrtf(v[i]) * unbias + eps);
        p[i] = next < low ? low : next > high ? high : next;
    }
    return dot(gradient + begin, gradient + begin, end - begin);
}

static void forward(const P2cCall *call) { *call->y = (float)sum_pieces(call, p2c_dims_count(call->node->x[0]->dims), piece); }

const P2cKernel P2C_CPU(adam) = { .forward = forward, .work = work };

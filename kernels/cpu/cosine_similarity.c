/* cosine_similarity: y = x.t / (|x| |t|), lengths at least 1e-8;  dx += dy * (t/(|x||t|) - y
 * x/|x|^2), and the same for t */
#include <math.h>

#include "cpu.h"

static const double EPS = 1e-8;

static double length_of(const float *x, size_t d) { return fmax(sqrt(dot(x, x, d)), EPS); }

static void forward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims;
    size_t d = (size_t)x.d[1];
    for (int n = 0; n < x.d[0]; n++) {
        const float *a = call->x[0] + (size_t)n * d, *b = call->x[1] + (size_t)n * d;
        call->y[n] = (float)(dot(a, b, d) / (length_of(a, d) * length_of(b, d)));
    }
}

/* A row no longer than EPS is divided by a constant, so its length has no gradient. */
static void add_row(const float *x, const float *t, float dy, float *dx, size_t d) {
    double lx = length_of(x, d), lt = length_of(t, d), y = lx > EPS ? dot(x, t, d) / (lx * lt) : 0;
    axpy((float)(dy / (lx * lt)), t, dx, d);
    axpy((float)(-dy * y / (lx * lx)), x, dx, d);
}

static void backward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims;
    size_t d = (size_t)x.d[1];
    for (int n = 0; n < x.d[0]; n++) {
        const float *a = call->x[0] + (size_t)n * d, *b = call->x[1] + (size_t)n * d;
        if (call->dx[0]) add_row(a, b, call->dy[n], call->dx[0] + (size_t)n * d, d);
        if (call->dx[1]) add_row(b, a, call->dy[n], call->dx[1] + (size_t)n * d, d);
    }
}

const P2cKernel P2C_CPU(cosine_similarity) = { .forward = forward, .backward = backward };

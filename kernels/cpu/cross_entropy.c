/* cross_entropy: y = mean over positions of sum_k t_k * (log(sum_j exp(x_j)) - x_k);
 * dx_k += dy / positions * (softmax(x)_k * sum_j t_j - t_k).
 * saved: of each position the largest x, the sum of exp(x - largest), the sum of t; NaN for a class
 * that is not there. work: the loss of each position. */
#include <math.h>

#include "lines.h"

typedef struct Saved {
    float most, sum, total;
} Saved;

/* Where a position's targets are: probabilities `inner` apart, or (classes) the number of its
 * class. */
static bool has_classes(const P2cNode *node) { return node->x[1]->dims.d[1] == 1; }

static size_t begin_of(Lines s, size_t position) {
    return position / s.inner * s.size * s.inner + position % s.inner;
}

/* The largest logit, and the sum of exp(x - largest). */
static double sum_of_exp(const float *x, Lines s, float *most) {
    double sum = 0;
    *most = x[0];
    for (size_t k = 1; k < s.size; k++)
        if (x[k * s.inner] > *most) *most = x[k * s.inner];
    for (size_t k = 0; k < s.size; k++) sum += expf(x[k * s.inner] - *most);
    return sum;
}

static double loss_of_class(const float *x, float target, Lines s, Saved *saved) {
    bool is_class = target >= 0 && target < (float)s.size && target == floorf(target);
    saved->total = is_class ? 1 : NAN;
    return is_class ? log(saved->sum) - ((double)x[(size_t)target * s.inner] - saved->most) : NAN;
}

static double loss_of_probabilities(const float *x, const float *t, Lines s, Saved *saved) {
    double total = 0, loss = 0, log_sum = log(saved->sum);
    for (size_t k = 0; k < s.size; k++) {
        total += t[k * s.inner];
        loss += t[k * s.inner] * (log_sum - ((double)x[k * s.inner] - saved->most));
    }
    saved->total = (float)total;
    return loss;
}

static void forward(const P2cCall *call) {
    Lines s = lines_of(call->node->x[0]->dims, 1);
    size_t positions = s.outer * s.inner;
    bool classes = has_classes(call->node);
    Saved *saved = call->saved;
    double *losses = call->work, sum = 0;
#pragma omp parallel for num_threads(threads_for(call, positions *s.size)) schedule(static)
    for (size_t p = 0; p < positions; p++) {
        const float *x = call->x[0] + begin_of(s, p), *t = call->x[1];
        saved[p].sum = (float)sum_of_exp(x, s, &saved[p].most);
        losses[p] = classes ? loss_of_class(x, t[p], s, &saved[p])
                            : loss_of_probabilities(x, t + begin_of(s, p), s, &saved[p]);
    }
    for (size_t p = 0; p < positions; p++) sum += losses[p];
    *call->y = (float)(sum / (double)positions);
}

static void backward(const P2cCall *call) {
    Lines s = lines_of(call->node->x[0]->dims, 1);
    size_t positions = s.outer * s.inner;
    bool classes = has_classes(call->node);
    float g = *call->dy / (float)positions;
    if (!call->dx[0]) return;
#pragma omp parallel for num_threads(threads_for(call, positions *s.size)) schedule(static)
    for (size_t p = 0; p < positions; p++) {
        const Saved saved = ((const Saved *)call->saved)[p];
        const float *x = call->x[0] + begin_of(s, p),
                    *t = call->x[1] + (classes ? p : begin_of(s, p));
        float *dx = call->dx[0] + begin_of(s, p), scale = saved.total / saved.sum;
        for (size_t k = 0; k < s.size; k++) {
            float target = classes ? *t == (float)k : t[k * s.inner];
            dx[k * s.inner] += g * (expf(x[k * s.inner] - saved.most) * scale - target);
        }
    }
}

static size_t work(const P2cNode *node, bool backward, int threads) {
    (void)threads;
    const P2cDims x = node->x[0]->dims;
    return backward ? 0 : p2c_dims_count(x) / (size_t)x.d[1] * sizeof(double);
}

const P2cKernel P2C_CPU(cross_entropy) = { .forward = forward, .backward = backward, .work = work };

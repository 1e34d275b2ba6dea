/* loss.cuh: what the losses share: a mean over all elements of x, against a target t of the same
 * shape or a scalar.
 *
 * A loss is a struct with three functions of an element: term, and the derivatives slope by x and
 * target_slope by t. */
#ifndef P2C_CUDA_LOSS_CUH
#define P2C_CUDA_LOSS_CUH

#include <math.h>

#include "pieces.cuh"

struct Operands {
    const float *x, *t;
    unsigned step; /* a scalar target is read with step 0 */
};

static inline size_t loss_count(const P2cNode *node) { return count_of(node->x[0]); }
static inline bool has_scalar_target(const P2cNode *node) { return count_of(node->x[1]) == 1; }

static inline Operands operands_of(const P2cCall *call) {
    Operands o = { call->x[0], call->x[1], !has_scalar_target(call->node) };
    return o;
}

template <class Loss> static __global__ void loss_forward_kernel(Operands o, Pieces p, float *y) {
    float sum = 0;
    double total;
    for (unsigned i = first_of(p); i < end_of(p); i += THREADS)
        sum += Loss::term(o.x[i], o.t[i * o.step]);
    if (total_of(p, sum, &total) && threadIdx.x == 0) *y = (float)(total / p.n);
}

template <class Loss> static void loss_forward(const P2cCall *call) {
    Pieces p = pieces_of(call, loss_count(call->node));
    P2C_LAUNCH(loss_forward_kernel<Loss>, (unsigned)p.count, THREADS, 0, call->queue,
               operands_of(call), p, call->y);
}

/* Gradients that are not wanted are NULL. */
struct LossGradients {
    const float *dy;
    float *dx, *dt;
    bool overwrite_x, overwrite_t;
};

/* The gradient of a scalar target is the sum over all elements. */
template <class Loss>
static __global__ void loss_backward_kernel(Operands o, Pieces p, LossGradients d) {
    float g = *d.dy / (float)p.n, sum = 0;
    double total;
    for (unsigned i = first_of(p); i < end_of(p); i += THREADS) {
        float x = o.x[i], t = o.t[i * o.step], slope = g * Loss::target_slope(x, t);
        if (d.dx) put(&d.dx[i], g * Loss::slope(x, t), d.overwrite_x);
        if (d.dt && o.step) put(&d.dt[i], slope, d.overwrite_t);
        sum += slope;
    }
    if (d.dt && !o.step && total_of(p, sum, &total) && threadIdx.x == 0)
        put(d.dt, (float)total, d.overwrite_t);
}

template <class Loss> static void loss_backward(const P2cCall *call) {
    Pieces p = pieces_of(call, loss_count(call->node));
    LossGradients d = { call->dy, call->dx[0], call->dx[1], is_overwritten(call, 0),
                        is_overwritten(call, 1) };
    if (d.dx || d.dt)
        P2C_LAUNCH(loss_backward_kernel<Loss>, (unsigned)p.count, THREADS, 0, call->queue,
                   operands_of(call), p, d);
}

static inline size_t loss_work(const P2cNode *node, bool backward, int threads) {
    (void)threads;
    return backward && !has_scalar_target(node) ? 0 : pieces_bytes(loss_count(node));
}

#endif

/* pow: y = x^e;  dx += dy * e * x^(e-1), which is 0 if e is 0, even at x = 0. Squares and square
 * roots are the most common exponents, and have special code that is much faster than powf. */
#include <math.h>

#include "cpu.h"
#include "op/pow.h"

static void powers(const float *x, float *y, size_t n, float e) {
    if (e == 2) {
        for (size_t i = 0; i < n; i++) y[i] = x[i] * x[i];
    } else if (e == 0.5f) {
        for (size_t i = 0; i < n; i++) y[i] = sqrtf(x[i]);
    } else {
        for (size_t i = 0; i < n; i++) y[i] = powf(x[i], e);
    }
}

static void gradients(const float *x, const float *dy, float *dx, size_t n, float e) {
    if (e == 2) {
        for (size_t i = 0; i < n; i++) dx[i] += 2 * dy[i] * x[i];
    } else if (e == 0.5f) {
        for (size_t i = 0; i < n; i++) dx[i] += dy[i] / (2 * sqrtf(x[i]));
    } else if (e != 0) {
        for (size_t i = 0; i < n; i++) dx[i] += dy[i] * (e * powf(x[i], e - 1));
    }
}

static float exponent_of(const P2cCall *call) {
    return P2C_ATTRIBUTES(call->node, P2cExponentAttributes)->exponent;
}
static size_t piece_size(size_t n, size_t at) { return at + PIECE < n ? PIECE : n - at; }

static void forward(const P2cCall *call) {
    size_t n = p2c_dims_count(call->node->dims);
    float e = exponent_of(call);
#pragma omp parallel for num_threads(threads_for(call, n)) schedule(static)
    for (size_t at = 0; at < n; at += PIECE)
        powers(call->x[0] + at, call->y + at, piece_size(n, at), e);
}

static void backward(const P2cCall *call) {
    size_t n = p2c_dims_count(call->node->dims);
    float e = exponent_of(call), *dx = call->dx[0];
    if (!dx) return;
#pragma omp parallel for num_threads(threads_for(call, n)) schedule(static)
    for (size_t at = 0; at < n; at += PIECE)
        gradients(call->x[0] + at, call->dy + at, dx + at, piece_size(n, at), e);
}

const P2cKernel P2C_CPU(pow) = { .forward = forward, .backward = backward };

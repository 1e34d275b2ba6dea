/* pad: y[p,i,j] = x[p, source(i-top), source(j-left)], or the constant outside;  dx += dy at the
 * element that was read. */
#include <string.h>

#include "cpu.h"

/* The index that position i of an axis reads, counted from the first element, or -1 for the
 * constant. */
static int source_of(int i, int size, P2cPadMode mode) {
    if (i >= 0 && i < size) return i;
    if (mode == P2C_PAD_CONSTANT) return -1;
    if (mode == P2C_PAD_EDGE) return i < 0 ? 0 : size - 1;
    return i < 0 ? -i : 2 * (size - 1) - i;
}

static void pad_row(const float *from, int w, const P2cPad *o, float *to) {
    for (int j = 0; j < o->left; j++) {
        int at = source_of(j - o->left, w, o->mode);
        to[j] = at < 0 ? o->value : from[at];
    }
    memcpy(to + o->left, from, (size_t)w * sizeof *to);
    to += o->left + w;
    for (int j = 0; j < o->right; j++) {
        int at = source_of(w + j, w, o->mode);
        to[j] = at < 0 ? o->value : from[at];
    }
}

static void forward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims, y = call->node->dims;
    const P2cPad *o = P2C_ATTRIBUTES(call->node, P2cPad);
    int rows = y.d[0] * y.d[1] * y.d[2];
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(y))) schedule(static)
    for (int i = 0; i < rows; i++) {
        int at = source_of(i % y.d[2] - o->top, x.d[2], o->mode);
        float *to = call->y + (size_t)i * (size_t)y.d[3];
        if (at >= 0)
            pad_row(call->x[0] +
                        ((size_t)(i / y.d[2]) * (size_t)x.d[2] + (size_t)at) * (size_t)x.d[3],
                    x.d[3], o, to);
        else
            for (int j = 0; j < y.d[3]; j++) to[j] = o->value;
    }
}

static void add_row(const float *from, int w, const P2cPad *o, float *to) {
    axpy(1, from + o->left, to, (size_t)w);
    if (o->mode == P2C_PAD_CONSTANT) return;
    for (int j = 0; j < o->left; j++) to[source_of(j - o->left, w, o->mode)] += from[j];
    for (int j = w; j < w + o->right; j++) to[source_of(j, w, o->mode)] += from[o->left + j];
}

static void backward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims, y = call->node->dims;
    const P2cPad *o = P2C_ATTRIBUTES(call->node, P2cPad);
    int planes = x.d[0] * x.d[1];
    if (!call->dx[0]) return;
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(y))) schedule(static)
    for (int p = 0; p < planes; p++)
        for (int i = 0; i < y.d[2]; i++) {
            int at = source_of(i - o->top, x.d[2], o->mode);
            if (at < 0) continue;
            add_row(call->dy + ((size_t)p * (size_t)y.d[2] + (size_t)i) * (size_t)y.d[3], x.d[3], o,
                    call->dx[0] + ((size_t)p * (size_t)x.d[2] + (size_t)at) * (size_t)x.d[3]);
        }
}

const P2cKernel P2C_CPU(pad) = { .forward = forward, .backward = backward };

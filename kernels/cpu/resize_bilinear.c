/* resize_bilinear: every result pixel is a mix of two by two source pixels; backward hands dy out by the same weights. */
#include "cpu.h"

typedef struct Tap {
    int low, high;
    float weight; /* of high */
} Tap;

static Tap tap_at(int i, int in, int out, bool align_corners) {
    double at = align_corners ? (out > 1 ? (double)i * (in - 1) / (out - 1) : 0) : ((double)i + 0.5) * in / out - 0.5;
    if (at < 0) at = 0;
    int low = min_int((int)at, in - 1);
    return (Tap){ low, min_int(low + 1, in - 1), (float)(at - low) };
}

static void forward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims, y = call->node->dims;
    bool align = P2C_ATTRIBUTES(call->node, P2cResizeAttributes)->align_corners;
    int planes = x.d[0] * x.d[1];
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(y))) schedule(static)
    for (int p = 0; p < planes; p++) {
        const float *from = call->x[0] + (size_t)p * (size_t)x.d[2] * (size_t)x.d[3];
        float *to = call->y + (size_t)p * (size_t)y.d[2] * (size_t)y.d[3];
        for (int i = 0; i < y.d[2]; i++) {
            Tap v = tap_at(i, x.d[2], y.d[2], align);
            const float *r0 = from + (size_t)v.low * (size_t)x.d[3], *r1 = from + (size_t)v.high * (size_t)x.d[3];
            for (int j = 0; j < y.d[3]; j++) {
                Tap u = tap_at(j, x.d[3], y.d[3], align);
                float top = (1 - u.weight) * r0[u.low] + u.weight * r0[u.high], bottom = (1 - u.weight) * r1[u.low] + u.weight * r1[u.high];
                *to++ = (1 - v.weight) * top + v.weight * bottom;
            }
        }
    }
}

static void backward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims, y = call->node->dims;
    bool align = P2C_ATTRIBUTES(call->node, P2cResizeAttributes)->align_corners;
    int planes = x.d[0] * x.d[1];
    if (!call->dx[0]) return;
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(y))) schedule(static)
    for (int p = 0; p < planes; p++) {
        float *to = call->dx[0] + (size_t)p * (size_t)x.d[2] * (size_t)x.d[3];
        const float *dy = call->dy + (size_t)p * (size_t)y.d[2] * (size_t)y.d[3];
        for (int i = 0; i < y.d[2]; i++) {
            Tap v = tap_at(i, x.d[2], y.d[2], align);
            float *r0 = to + (size_t)v.low * (size_t)x.d[3], *r1 = to + (size_t)v.high * (size_t)x.d[3];
            for (int j = 0; j < y.d[3]; j++, dy++) {
                Tap u = tap_at(j, x.d[3], y.d[3], align);
                r0[u.low] += (1 - v.weight) * (1 - u.weight) * *dy;
                r0[u.high] += (1 - v.weight) * u.weight * *dy;
                r1[u.low] += v.weight * (1 - u.weight) * *dy;
                r1[u.high] += v.weight * u.weight * *dy;
            }
        }
    }
}

const P2cKernel P2C_CPU(resize_bilinear) = { .forward = forward, .backward = backward };

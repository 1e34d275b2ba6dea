/* resize_bilinear: every pixel of the result is a weighted sum of two by two source pixels;
 * backward distributes dy with the same weights. The indices and weights of each row and column are
 * computed once, in `work`. */
#include "resize.h"

typedef struct Tap {
    int low, high;
    float weight; /* weight of `high` */
} Tap;

static void fill_taps(Axis a, Tap *taps) {
    for (int i = 0; i < a.out; i++) {
        Place p = place_at(a, i);
        taps[i] =
            (Tap){ p.low, min_int(p.low + 1, a.in - 1), (float)((double)p.rest / (double)a.unit) };
    }
}

/* Writes the taps of the columns, then those of the rows. Returns those of the rows. */
static const Tap *fill_work(const P2cCall *call) {
    Tap *columns = call->work, *rows = columns + call->node->dims.d[3];
    fill_taps(axis_at(call->node, 3), columns);
    fill_taps(axis_at(call->node, 2), rows);
    return rows;
}

static void forward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims, y = call->node->dims;
    const Tap *columns = call->work, *taps = fill_work(call);
    int rows = y.d[0] * y.d[1] * y.d[2];
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(y))) schedule(static)
    for (int i = 0; i < rows; i++) {
        Tap v = taps[i % y.d[2]];
        const float *from = call->x[0] + (size_t)(i / y.d[2]) * (size_t)x.d[2] * (size_t)x.d[3];
        const float *r0 = from + (size_t)v.low * (size_t)x.d[3],
                    *r1 = from + (size_t)v.high * (size_t)x.d[3];
        float *to = call->y + (size_t)i * (size_t)y.d[3];
        for (int j = 0; j < y.d[3]; j++) {
            Tap u = columns[j];
            float top = (1 - u.weight) * r0[u.low] + u.weight * r0[u.high],
                  bottom = (1 - u.weight) * r1[u.low] + u.weight * r1[u.high];
            to[j] = (1 - v.weight) * top + v.weight * bottom;
        }
    }
}

static void backward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims, y = call->node->dims;
    const Tap *columns = call->work, *rows;
    int planes = x.d[0] * x.d[1];
    if (!call->dx[0]) return;
    rows = fill_work(call);
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(y))) schedule(static)
    for (int p = 0; p < planes; p++) {
        float *to = call->dx[0] + (size_t)p * (size_t)x.d[2] * (size_t)x.d[3];
        const float *dy = call->dy + (size_t)p * (size_t)y.d[2] * (size_t)y.d[3];
        for (int i = 0; i < y.d[2]; i++) {
            Tap v = rows[i];
            float *r0 = to + (size_t)v.low * (size_t)x.d[3],
                  *r1 = to + (size_t)v.high * (size_t)x.d[3];
            for (int j = 0; j < y.d[3]; j++, dy++) {
                Tap u = columns[j];
                r0[u.low] += (1 - v.weight) * (1 - u.weight) * *dy;
                r0[u.high] += (1 - v.weight) * u.weight * *dy;
                r1[u.low] += v.weight * (1 - u.weight) * *dy;
                r1[u.high] += v.weight * u.weight * *dy;
            }
        }
    }
}

static size_t work(const P2cNode *node, bool backward, int threads) {
    (void)backward, (void)threads;
    return ((size_t)node->dims.d[2] + (size_t)node->dims.d[3]) * sizeof(Tap);
}

const P2cKernel P2C_CPU(resize_bilinear) = { .forward = forward,
                                             .backward = backward,
                                             .work = work };

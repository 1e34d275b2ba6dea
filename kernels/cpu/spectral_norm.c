/* spectral_norm: y = w / sigma, sigma = u . W v. In training, first v = normalize(W^T u) and u =
 * normalize(W v), which are stored.
 *   dw += dy / sigma - (sum(dy*w) / sigma^2) u v^T
 * saved: sigma, and u and v as they were used. work: W v (forward), partial sums of each row
 * (backward). */
#include <math.h>
#include <string.h>

#include "cpu.h"
#include "op/spectral_norm.h"

enum { COLUMNS = 512 };

typedef struct Matrix {
    int rows;
    size_t columns;
} Matrix;

static Matrix matrix_of(const P2cNode *node) {
    const P2cDims w = node->x[0]->dims;
    return (Matrix){ w.d[0], (size_t)w.d[1] * (size_t)w.d[2] * (size_t)w.d[3] };
}

static void normalize(float *x, size_t n) {
    double length = fmax(sqrt(dot(x, x, n)), 1e-12);
    for (size_t i = 0; i < n; i++) x[i] = (float)(x[i] / length);
}

/* v = W^T u, over blocks of columns */
static void transposed_times(const P2cCall *call, Matrix s, const float *u, float *v) {
    int blocks = (int)((s.columns + COLUMNS - 1) / COLUMNS);
#pragma omp parallel for num_threads(threads_for(call, (size_t)s.rows *s.columns)) schedule(static)
    for (int k = 0; k < blocks; k++) {
        size_t begin = (size_t)k * COLUMNS,
               size = begin + COLUMNS < s.columns ? COLUMNS : s.columns - begin;
        memset(v + begin, 0, size * sizeof *v);
        for (int r = 0; r < s.rows; r++)
            axpy(u[r], call->x[0] + (size_t)r * s.columns + begin, v + begin, size);
    }
}

/* t = W v */
static void times(const P2cCall *call, Matrix s, const float *v, float *t) {
#pragma omp parallel for num_threads(threads_for(call, (size_t)s.rows *s.columns)) schedule(static)
    for (int r = 0; r < s.rows; r++)
        t[r] = (float)dot(call->x[0] + (size_t)r * s.columns, v, s.columns);
}

static void forward(const P2cCall *call) {
    Matrix s = matrix_of(call->node);
    float *u = call->x[1], *v = call->x[2], *t = call->work, *sigma = call->saved;
    bool training = P2C_ATTRIBUTES(call->node, P2cSpectralAttributes)->training;
    if (training) {
        transposed_times(call, s, u, v);
        normalize(v, s.columns);
    }
    times(call, s, v, t);
    if (training) {
        memcpy(u, t, (size_t)s.rows * sizeof *u);
        normalize(u, (size_t)s.rows);
    }
    *sigma = (float)dot(u, t, (size_t)s.rows);
    memcpy(sigma + 1, u, (size_t)s.rows * sizeof *u);
    memcpy(sigma + 1 + s.rows, v, s.columns * sizeof *v);
    size_t n = (size_t)s.rows * s.columns;
    float by = 1 / *sigma;
#pragma omp parallel for num_threads(threads_for(call, n)) schedule(static)
    for (size_t i = 0; i < n; i++) call->y[i] = call->x[0][i] * by;
}

static void backward(const P2cCall *call) {
    Matrix s = matrix_of(call->node);
    const float *saved = call->saved, sigma = saved[0], *u = saved + 1, *v = u + s.rows;
    double *partial = call->work, sum = 0;
    if (!call->dx[0]) return;
#pragma omp parallel for num_threads(threads_for(call, (size_t)s.rows *s.columns)) schedule(static)
    for (int r = 0; r < s.rows; r++)
        partial[r] =
            dot(call->dy + (size_t)r * s.columns, call->x[0] + (size_t)r * s.columns, s.columns);
    for (int r = 0; r < s.rows; r++) sum += partial[r];
    float by = 1 / sigma, along = (float)(sum / ((double)sigma * sigma));
#pragma omp parallel for num_threads(threads_for(call, (size_t)s.rows *s.columns)) schedule(static)
    for (int r = 0; r < s.rows; r++) {
        const float *dy = call->dy + (size_t)r * s.columns;
        float *dw = call->dx[0] + (size_t)r * s.columns, k = along * u[r];
        for (size_t i = 0; i < s.columns; i++) dw[i] += dy[i] * by - k * v[i];
    }
}

static size_t work(const P2cNode *node, bool backward, int threads) {
    (void)threads;
    return (size_t)node->x[0]->dims.d[0] * (backward ? sizeof(double) : sizeof(float));
}

const P2cKernel P2C_CPU(spectral_norm) = { .forward = forward, .backward = backward, .work = work };

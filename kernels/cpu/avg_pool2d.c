/* avg_pool2d: y[p,i,j] = mean of x[p, i*k..i*k+k-1, j*k..j*k+k-1];  dx += dy / k^2 over the
 * window */
#include "cpu.h"
#include "op/factor.h"

/* A row of means. The compiler makes vectors of it where k is a constant. */
ALWAYS_INLINE void pool_row(const float *from, int w, int k, int count, float *to) {
    float scale = 1.0f / (float)(k * k);
    for (int j = 0; j < count; j++) {
        float sum = 0;
        for (int u = 0; u < k; u++)
            for (int v = 0; v < k; v++) sum += from[u * w + j * k + v];
        to[j] = scale * sum;
    }
}

/* Adds a row of dy to one of the k rows of dx that it was made of. */
ALWAYS_INLINE void spread_row(const float *from, int k, int count, float *to) {
    float scale = 1.0f / (float)(k * k);
    for (int j = 0; j < count; j++)
        for (int v = 0; v < k; v++) to[j * k + v] += scale * from[j];
}

static void forward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims, y = call->node->dims;
    int k = P2C_ATTRIBUTES(call->node, P2cFactorAttributes)->factor, planes = x.d[0] * x.d[1];
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(x))) schedule(static)
    for (int p = 0; p < planes; p++)
        for (int i = 0; i < y.d[2]; i++) {
            const float *from =
                call->x[0] + ((size_t)p * (size_t)x.d[2] + (size_t)i * (size_t)k) * (size_t)x.d[3];
            float *to = call->y + ((size_t)p * (size_t)y.d[2] + (size_t)i) * (size_t)y.d[3];
            if (k == 2) pool_row(from, x.d[3], 2, y.d[3], to);
            else pool_row(from, x.d[3], k, y.d[3], to);
        }
}

static void backward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims, y = call->node->dims;
    int k = P2C_ATTRIBUTES(call->node, P2cFactorAttributes)->factor, planes = x.d[0] * x.d[1];
    if (!call->dx[0]) return;
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(x))) schedule(static)
    for (int p = 0; p < planes; p++)
        for (int i = 0; i < y.d[2] * k; i++) {
            const float *from =
                call->dy + ((size_t)p * (size_t)y.d[2] + (size_t)(i / k)) * (size_t)y.d[3];
            float *to = call->dx[0] + ((size_t)p * (size_t)x.d[2] + (size_t)i) * (size_t)x.d[3];
            if (k == 2) spread_row(from, 2, y.d[3], to);
            else spread_row(from, k, y.d[3], to);
        }
}

const P2cKernel P2C_CPU(avg_pool2d) = { .forward = forward, .backward = backward };

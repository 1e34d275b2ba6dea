/* avg_pool2d: y[p,i,j] = mean of x[p, i*k..i*k+k-1, j*k..j*k+k-1];  dx += dy / k^2 over the
 * window */
#include "cpu.h"
#include "op/factor.h"

static void forward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims, y = call->node->dims;
    int k = P2C_ATTRIBUTES(call->node, P2cFactorAttributes)->factor, planes = x.d[0] * x.d[1];
    float scale = 1.0f / (float)(k * k);
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(x))) schedule(static)
    for (int p = 0; p < planes; p++)
        for (int i = 0; i < y.d[2]; i++) {
            const float *from =
                call->x[0] + ((size_t)p * (size_t)x.d[2] + (size_t)i * (size_t)k) * (size_t)x.d[3];
            float *to = call->y + ((size_t)p * (size_t)y.d[2] + (size_t)i) * (size_t)y.d[3];
            for (int j = 0; j < y.d[3]; j++) {
                float sum = 0;
                for (int u = 0; u < k; u++)
                    for (int v = 0; v < k; v++) sum += from[u * x.d[3] + j * k + v];
                to[j] = scale * sum;
            }
        }
}

static void backward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims, y = call->node->dims;
    int k = P2C_ATTRIBUTES(call->node, P2cFactorAttributes)->factor, planes = x.d[0] * x.d[1];
    float scale = 1.0f / (float)(k * k);
    if (!call->dx[0]) return;
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(x))) schedule(static)
    for (int p = 0; p < planes; p++)
        for (int i = 0; i < y.d[2] * k; i++) {
            const float *from =
                call->dy + ((size_t)p * (size_t)y.d[2] + (size_t)(i / k)) * (size_t)y.d[3];
            float *to = call->dx[0] + ((size_t)p * (size_t)x.d[2] + (size_t)i) * (size_t)x.d[3];
            for (int j = 0; j < y.d[3]; j++)
                for (int v = 0; v < k; v++) to[j * k + v] += scale * from[j];
        }
}

const P2cKernel P2C_CPU(avg_pool2d) = { .forward = forward, .backward = backward };

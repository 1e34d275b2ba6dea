/* linear: y = x w^T + b;  dx += dy w,  dw += dy^T x,  db += sum_n dy.
 *
 * A ReLU that follows is applied when y is stored and when dy is read. Batches are small here, so
 * the main work is to read w once. So dot products and row updates, split over rows or columns of
 * w, are used instead of GEMM. */
#include "op/linear.h"
#include "activation.h"

enum { COLUMNS = 512 };

static float slope_of(const P2cCall *call) {
    return p2c_slope(P2C_ATTRIBUTES(call->node, P2cLinearAttributes)->activation);
}
static float gradient_at(const P2cCall *call, float slope, int i) {
    return slope != 1 ? passed(call->dy[i], call->y[i], slope) : call->dy[i];
}

static void forward(const P2cCall *call) {
    const P2cDims w = call->node->x[1]->dims;
    int n = call->node->dims.d[0], out = w.d[0];
    size_t in = (size_t)w.d[1];
    const float *b = call->node->count == 3 ? call->x[2] : NULL;
    float slope = slope_of(call);
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(w))) schedule(static)
    for (int o = 0; o < out; o++)
        for (int i = 0; i < n; i++)
            call->y[i * out + o] = activated(
                (float)(dot(call->x[0] + (size_t)i * in, call->x[1] + (size_t)o * in, in) +
                        (b ? b[o] : 0)),
                slope);
}

static void input_gradient(const P2cCall *call, int n, int out, size_t in) {
    int blocks = (int)((in + COLUMNS - 1) / COLUMNS);
    float slope = slope_of(call);
#pragma omp parallel for num_threads(threads_for(call, (size_t)out *in)) schedule(static)
    for (int k = 0; k < blocks; k++) {
        size_t begin = (size_t)k * COLUMNS, size = begin + COLUMNS < in ? COLUMNS : in - begin;
        for (int o = 0; o < out; o++)
            for (int i = 0; i < n; i++)
                axpy(gradient_at(call, slope, i * out + o), call->x[1] + (size_t)o * in + begin,
                     call->dx[0] + (size_t)i * in + begin, size);
    }
}

static void parameter_gradients(const P2cCall *call, int n, int out, size_t in) {
    float slope = slope_of(call);
#pragma omp parallel for num_threads(threads_for(call, (size_t)out *in)) schedule(static)
    for (int o = 0; o < out; o++)
        for (int i = 0; i < n; i++) {
            float g = gradient_at(call, slope, i * out + o);
            if (call->dx[1]) axpy(g, call->x[0] + (size_t)i * in, call->dx[1] + (size_t)o * in, in);
            if (call->dx[2]) call->dx[2][o] += g;
        }
}

static void backward(const P2cCall *call) {
    const P2cDims w = call->node->x[1]->dims;
    int n = call->node->dims.d[0];
    if (call->dx[0]) input_gradient(call, n, w.d[0], (size_t)w.d[1]);
    if (call->dx[1] || call->dx[2]) parameter_gradients(call, n, w.d[0], (size_t)w.d[1]);
}

const P2cKernel P2C_CPU(linear) = { .forward = forward,
                                    .backward = backward,
                                    .folds = P2C_FOLD_ACTIVATION };

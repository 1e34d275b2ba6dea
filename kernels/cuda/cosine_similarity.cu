/* cosine_similarity: y = x.t / (|x| |t|), lengths at least 1e-8;  dx += dy * (t/(|x||t|) - y
 *     x/|x|^2), and the same for t.   A block per row. */
#include <math.h>

#include "cuda.cuh"

static const float EPS = 1e-8f;

/* Of a row. */
struct Products {
    float xx, tt, xt;
};

static __device__ inline Products products_of(const float *x, const float *t, int d) {
    Products p = { 0, 0, 0 };
    for (int i = (int)threadIdx.x; i < d; i += THREADS) {
        p.xx += x[i] * x[i];
        p.tt += t[i] * t[i];
        p.xt += x[i] * t[i];
    }
    p.xx = block_sum(p.xx);
    p.tt = block_sum(p.tt);
    p.xt = block_sum(p.xt);
    return p;
}

/* At least EPS; a NaN stays NaN. */
static __device__ inline float length_of(float squares) {
    float length = sqrtf(squares);
    return length < EPS ? EPS : length;
}

static __global__ void forward_kernel(const float *x, const float *t, float *y, int d) {
    size_t row = (size_t)blockIdx.x * d;
    Products p = products_of(x + row, t + row, d);
    if (threadIdx.x == 0) y[blockIdx.x] = p.xt / (length_of(p.xx) * length_of(p.tt));
}

static void forward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims;
    P2C_LAUNCH(forward_kernel, (unsigned)x.d[0], THREADS, 0, call->queue, call->x[0], call->x[1],
               call->y, x.d[1]);
}

/* The gradient of one of the two is `by_other` times the other, less `by_self` times itself. */
struct Factors {
    float by_other, by_self;
};

/* A row no longer than EPS is divided by a constant, so its length has no gradient. */
static __device__ inline Factors factors_of(float xx, float tt, float xt, float dy) {
    float x = length_of(xx), t = length_of(tt), y = x > EPS ? xt / (x * t) : 0;
    Factors f = { dy / (x * t), dy * y / x / x };
    return f;
}

static __global__ void backward_kernel(const float *x, const float *t, const float *dy, float *dx,
                                       float *dt, int d, unsigned overwrite) {
    size_t row = (size_t)blockIdx.x * d;
    Products p = products_of(x + row, t + row, d);
    Factors of_x = factors_of(p.xx, p.tt, p.xt, dy[blockIdx.x]),
            of_t = factors_of(p.tt, p.xx, p.xt, dy[blockIdx.x]);
    for (size_t i = row + threadIdx.x; i < row + d; i += THREADS) {
        if (dx) put(&dx[i], of_x.by_other * t[i] - of_x.by_self * x[i], overwrite & 1);
        if (dt) put(&dt[i], of_t.by_other * x[i] - of_t.by_self * t[i], overwrite & 2);
    }
}

static void backward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims;
    if (!call->dx[0] && !call->dx[1]) return;
    P2C_LAUNCH(backward_kernel, (unsigned)x.d[0], THREADS, 0, call->queue, call->x[0], call->x[1],
               call->dy, call->dx[0], call->dx[1], x.d[1], call->overwrite);
}

const P2cKernel p2c_cuda_cosine_similarity = { .forward = forward,
                                               .backward = backward,
                                               .overwrite = true };

/* avg_pool2d: y[p,i,j] = mean of x[p, i*k..i*k+k-1, j*k..j*k+k-1];  dx += dy / k^2 over the window;
 * rows and columns in no window get nothing. The statistics of y are computed on request. */
#include "elementwise.cuh"
#include "op/factor.h"
#include "walk.cuh"

/* Element i as row and column of a plane. */
struct Position {
    unsigned plane, row, column;
};

static __device__ inline Position position_at(unsigned i, Divisor height, Divisor width) {
    unsigned row = quotient(i, width), plane = quotient(row, height);
    Position p = { plane, row - plane * height.by, i - row * width.by };
    return p;
}

/* K: k, or 0 for any k. */
template <int K> struct AvgPool {
    const float *x;
    int h, w, any;         /* of x; any: the value of k */
    Divisor height, width; /* of y */
    __device__ float operator()(unsigned i) const {
        int k = K ? K : any;
        Position p = position_at(i, height, width);
        const float *from = x + (p.plane * h + p.row * k) * w + p.column * k;
        float sum = 0;
        for (int u = 0; u < k; u++)
            for (int v = 0; v < k; v++) sum += from[u * w + v];
        return sum / (float)(k * k);
    }
};

static void forward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims, y = call->node->dims;
    int k = P2C_ATTRIBUTES(call->node, P2cFactorAttributes)->factor;
    Divisor height = divisor_at(y, 2), width = divisor_at(y, 3);
    if (k == 2) make_planes(call, AvgPool<2>{ call->x[0], x.d[2], x.d[3], k, height, width });
    else make_planes(call, AvgPool<0>{ call->x[0], x.d[2], x.d[3], k, height, width });
}

struct AvgPoolGradient {
    const float *dy;
    unsigned h, w; /* of y */
    float scale;
    Divisor height, width, k; /* of x */
    __device__ float operator()(unsigned i) const {
        Position p = position_at(i, height, width);
        unsigned row = quotient(p.row, k), column = quotient(p.column, k);
        return row < h && column < w ? scale * dy[(p.plane * h + row) * w + column] : 0;
    }
};

static void backward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims, y = call->node->dims;
    int k = P2C_ATTRIBUTES(call->node, P2cFactorAttributes)->factor;
    float scale = 1.0f / (float)(k * k);
    put_gradient(call, 0,
                 AvgPoolGradient{ call->dy, (unsigned)y.d[2], (unsigned)y.d[3], scale,
                                  divisor_at(x, 2), divisor_at(x, 3), divisor_of((unsigned)k) });
}

static size_t work(const P2cNode *node, bool backward, int threads) {
    (void)threads;
    return backward ? 0 : planes_work(node);
}

const P2cKernel p2c_cuda_avg_pool2d = {
    .forward = forward, .backward = backward, .work = work, .overwrite = true, .statistics = true
};

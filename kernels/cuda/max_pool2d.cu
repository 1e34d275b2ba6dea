/* max_pool2d: y[p,i,j] = largest of x[p, i*stride-pad+u, j*stride-pad+v] over all u, v for which
 * that is inside;  dx += dy at the first of the largest. A NaN counts as the largest. saved: the
 * index in the plane where each maximum was found. Backward, each element of x looks at the windows
 * that contain it. */
#include "elementwise.cuh"
#include "walk.cuh"

struct Pool {
    P2cPool2d o;
    int h, w, oh, ow;
};

static Pool pool_of(const P2cNode *node) {
    const P2cDims x = node->x[0]->dims, y = node->dims;
    return Pool{ *P2C_ATTRIBUTES(node, P2cPool2d), x.d[2], x.d[3], y.d[2], y.d[3] };
}

static __global__ void forward_kernel(const float *__restrict__ x, float *y, int *saved, Pool p,
                                      Divisor height, Divisor width, unsigned n) {
    unsigned e = global_thread(), row = quotient(e, width), plane = quotient(row, height);
    if (e >= n) return;
    int top = (int)(row - plane * height.by) * p.o.stride - p.o.pad,
        left = (int)(e - row * width.by) * p.o.stride - p.o.pad;
    int bottom = min(top + p.o.kh, p.h), right = min(left + p.o.kw, p.w), first = max(left, 0),
        found;
    top = max(top, 0);
    found = top * p.w + first;
    x += (size_t)plane * p.h * p.w;
    float largest = x[found];
    for (int q = top; q < bottom; q++)
        for (int r = first; r < right; r++) {
            float v = x[q * p.w + r];
            if (v > largest || v != v) largest = v, found = q * p.w + r;
        }
    y[e] = largest;
    saved[e] = found;
}

static void forward(const P2cCall *call) {
    unsigned n = (unsigned)count_of(call->node);
    const P2cDims y = call->node->dims;
    P2C_LAUNCH(forward_kernel, blocks_for(n), THREADS, 0, call->queue, call->x[0], call->y,
               (int *)call->saved, pool_of(call->node), divisor_at(y, 2), divisor_at(y, 3), n);
}

/* The windows along an axis that contain position i: first to last. */
struct Windows {
    int first, last;
};

static __device__ inline Windows windows_of(int i, int kernel, const P2cPool2d &o, int count) {
    /* the start of the first of them if the stride were 1 */
    int before = i + o.pad - kernel + 1;
    Windows w = { before > 0 ? (before + o.stride - 1) / o.stride : 0,
                  min((i + o.pad) / o.stride, count - 1) };
    return w;
}

struct MaxPoolGradient {
    const float *dy;
    const int *saved;
    Pool p;
    Divisor height, width; /* of x */
    __device__ float operator()(unsigned n) const {
        unsigned row = quotient(n, width), plane = quotient(row, height);
        int at = (int)(n - plane * height.by * width.by);
        Windows down = windows_of((int)(row - plane * height.by), p.o.kh, p.o, p.oh),
                across = windows_of((int)(n - row * width.by), p.o.kw, p.o, p.ow);
        float sum = 0;
        for (int i = down.first; i <= down.last; i++)
            for (int j = across.first; j <= across.last; j++) {
                size_t e = ((size_t)plane * p.oh + i) * p.ow + j;
                if (saved[e] == at) sum += dy[e];
            }
        return sum;
    }
};

static void backward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims;
    put_gradient(call, 0,
                 MaxPoolGradient{ call->dy, (const int *)call->saved, pool_of(call->node),
                                  divisor_at(x, 2), divisor_at(x, 3) });
}

const P2cKernel p2c_cuda_max_pool2d = { .forward = forward,
                                        .backward = backward,
                                        .overwrite = true };

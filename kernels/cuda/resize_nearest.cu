/* resize_nearest: y[p,i,j] = x[p, row(i), column(j)];  dx[p,q,r] += the sum of dy over the i, j
 * that read there. Each source pixel finds them itself. */
#include "op/resize.h"
#include "resize.cuh"

struct Rounded {
    Axis axis;
    P2cRounding rounding;
};

static Rounded rounded_at(const P2cNode *node, int k) {
    Rounded r = { axis_at(node, k), P2C_ATTRIBUTES(node, P2cResizeAttributes)->rounding };
    return r;
}

/* The element that result i reads. Positions are clamped, so the last element is never passed. */
static __device__ inline int nearest(const Rounded &r, int i) {
    long long at = position(r.axis, i), low = at / r.axis.unit, rest = at - low * r.axis.unit,
              over = 2 * rest - r.axis.unit;
    bool up = r.rounding == P2C_ROUND_UP        ? rest > 0
              : r.rounding == P2C_ROUND_HALF_UP ? over >= 0
                                                : r.rounding == P2C_ROUND_HALF_DOWN && over > 0;
    return (int)low + up;
}

struct ResizeNearest {
    const float *x;
    Rounded rows, columns;
    Divisor height, width; /* of y */
    __device__ float operator()(unsigned n) const {
        unsigned row = quotient(n, width), plane = quotient(row, height);
        int q = nearest(rows, (int)(row - plane * height.by)),
            r = nearest(columns, (int)(n - row * width.by));
        return x[((size_t)plane * rows.axis.in + q) * columns.axis.in + r];
    }
};

static void forward(const P2cCall *call) {
    const P2cDims y = call->node->dims;
    make_result(call,
                ResizeNearest{ call->x[0], rounded_at(call->node, 2), rounded_at(call->node, 3),
                               divisor_at(y, 2), divisor_at(y, 3) });
}

struct ResizeNearestGradient {
    const float *dy;
    Rounded rows, columns;
    Divisor height, width; /* of x */
    __device__ float operator()(unsigned n) const {
        unsigned row = quotient(n, width), plane = quotient(row, height);
        int q = (int)(row - plane * height.by), r = (int)(n - row * width.by);
        Span down = results_of(rows.axis, q), across = results_of(columns.axis, r);
        double sum = 0;
        for (int i = down.first; i <= down.last; i++) {
            const float *from = dy + ((size_t)plane * rows.axis.out + i) * columns.axis.out;
            float of_row = 0;
            if (nearest(rows, i) != q) continue;
            for (int j = across.first; j <= across.last; j++)
                if (nearest(columns, j) == r) of_row += from[j];
            sum += of_row;
        }
        return (float)sum;
    }
};

static void backward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims;
    put_gradient(call, 0,
                 ResizeNearestGradient{ call->dy, rounded_at(call->node, 2),
                                        rounded_at(call->node, 3), divisor_at(x, 2),
                                        divisor_at(x, 3) });
}

const P2cKernel p2c_cuda_resize_nearest = { .forward = forward,
                                            .backward = backward,
                                            .overwrite = true };

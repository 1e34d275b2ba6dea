/* resize_bilinear: every pixel of the result is a weighted sum of two by two source pixels.
 * Backward, each source pixel finds the results that it is part of. Its weight in a result is 1 -
 * the distance of the result's position, if that is below 1, along both axes. */
#include "resize.cuh"

static __device__ inline float part_of(Axis a, int q, int i) {
    long long off = position(a, i) - q * a.unit;
    if (off < 0) off = -off;
    return off < a.unit ? (float)(a.unit - off) / (float)a.unit : 0;
}

struct Resize {
    const float *x;
    Axis rows, columns;
    Divisor height, width; /* of y */
    __device__ float operator()(unsigned n) const {
        unsigned row = quotient(n, width), plane = quotient(row, height);
        int i = (int)(row - plane * height.by), j = (int)(n - row * width.by);
        int top = (int)(position(rows, i) / rows.unit),
            left = (int)(position(columns, j) / columns.unit);
        const float *r0 = x + ((size_t)plane * rows.in + top) * columns.in,
                    *r1 = r0 + (top + 1 < rows.in ? columns.in : 0);
        int right = left + 1 < columns.in ? left + 1 : left;
        float v = part_of(rows, top, i), u = part_of(columns, left, j);
        return v * (u * r0[left] + (1 - u) * r0[right]) +
               (1 - v) * (u * r1[left] + (1 - u) * r1[right]);
    }
};

static void forward(const P2cCall *call) {
    const P2cDims y = call->node->dims;
    make_result(call, Resize{ call->x[0], axis_at(call->node, 2), axis_at(call->node, 3),
                              divisor_at(y, 2), divisor_at(y, 3) });
}

struct ResizeGradient {
    const float *dy;
    Axis rows, columns;
    Divisor height, width; /* of x */
    __device__ float operator()(unsigned n) const {
        unsigned row = quotient(n, width), plane = quotient(row, height);
        int q = (int)(row - plane * height.by), r = (int)(n - row * width.by);
        Span down = results_of(rows, q), across = results_of(columns, r);
        double sum = 0;
        for (int i = down.first; i <= down.last; i++) {
            const float *from = dy + ((size_t)plane * rows.out + i) * columns.out;
            float of_row = 0;
            for (int j = across.first; j <= across.last; j++)
                of_row += part_of(columns, r, j) * from[j];
            sum += part_of(rows, q, i) * of_row;
        }
        return (float)sum;
    }
};

static void backward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims;
    put_gradient(call, 0,
                 ResizeGradient{ call->dy, axis_at(call->node, 2), axis_at(call->node, 3),
                                 divisor_at(x, 2), divisor_at(x, 3) });
}

const P2cKernel p2c_cuda_resize_bilinear = { .forward = forward,
                                             .backward = backward,
                                             .overwrite = true };

/* resize_bilinear: every result pixel is a mix of two by two source pixels; backward gathers: each source pixel looks up the results it is in.
 *
 * Along one axis result i reads from position (slope * i + offset) / unit of the source, held within the first and the last pixel; pixel q's
 * part in it is 1 - their distance, while that is below 1. In integers, so that no part depends on how a position is rounded. */
#include "elementwise.cuh"
#include "walk.cuh"

struct Axis {
    int in, out;
    long long slope, offset, unit;
};

static Axis axis_of(int in, int out, bool align_corners) {
    Axis corners = { in, out, in - 1, 0, out > 1 ? out - 1 : 1 }, centres = { in, out, 2ll * in, (long long)in - out, 2ll * out };
    return align_corners ? corners : centres;
}

static __device__ inline long long within(long long v, long long low, long long high) { return v < low ? low : v > high ? high : v; }

/* In units. */
static __device__ inline long long position(Axis a, int i) { return within(a.slope * i + a.offset, 0, (a.in - 1) * a.unit); }

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
        int top = (int)(position(rows, i) / rows.unit), left = (int)(position(columns, j) / columns.unit);
        const float *r0 = x + ((size_t)plane * rows.in + top) * columns.in, *r1 = r0 + (top + 1 < rows.in ? columns.in : 0);
        int right = left + 1 < columns.in ? left + 1 : left;
        float v = part_of(rows, top, i), u = part_of(columns, left, j);
        return v * (u * r0[left] + (1 - u) * r0[right]) + (1 - v) * (u * r1[left] + (1 - u) * r1[right]);
    }
};

static void forward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims, y = call->node->dims;
    bool align = P2C_ATTRIBUTES(call->node, P2cResizeAttributes)->align_corners;
    make_result(call, Resize{ call->x[0], axis_of(x.d[2], y.d[2], align), axis_of(x.d[3], y.d[3], align), divisor_of((unsigned)y.d[2]), divisor_of((unsigned)y.d[3]) });
}

/* The results that pixel q may have a part in: first to last. All, at the edges, on the side where positions are held. */
struct Span {
    int first, last;
};

static __device__ inline Span results_of(Axis a, int q) {
    long long slope = a.slope ? a.slope : 1;
    long long first = ((q - 1) * a.unit - a.offset) / slope, last = ((q + 1) * a.unit - a.offset) / slope + 1;
    Span s = { q == 0 ? 0 : (int)within(first, 0, a.out - 1), q == a.in - 1 ? a.out - 1 : (int)within(last, 0, a.out - 1) };
    return s;
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
            for (int j = across.first; j <= across.last; j++) of_row += part_of(columns, r, j) * from[j];
            sum += part_of(rows, q, i) * of_row;
        }
        return (float)sum;
    }
};

static void backward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims, y = call->node->dims;
    bool align = P2C_ATTRIBUTES(call->node, P2cResizeAttributes)->align_corners;
    put_gradient(call, 0, ResizeGradient{ call->dy, axis_of(x.d[2], y.d[2], align), axis_of(x.d[3], y.d[3], align), divisor_of((unsigned)x.d[2]), divisor_of((unsigned)x.d[3]) });
}

const P2cKernel p2c_cuda_resize_bilinear = { .forward = forward, .backward = backward, .fresh = true };

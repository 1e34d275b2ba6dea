/* pad: y[p,i,j] = x[p, source(i-top), source(j-left)], or the constant outside;  dx += dy at all
 * positions that read the element; its thread finds them. */
#include "elementwise.cuh"
#include "walk.cuh"

/* An axis of x, with the padding before and after it. */
struct Padded {
    int size, before, after;
    P2cPadMode mode;
};

/* The index that position i of the result reads, or -1 for the constant. */
static __device__ inline int source_of(const Padded &a, int i) {
    i -= a.before;
    if (i >= 0 && i < a.size) return i;
    if (a.mode == P2C_PAD_REFLECT) return i < 0 ? -i : 2 * (a.size - 1) - i;
    return a.mode == P2C_PAD_CONSTANT ? -1 : i < 0 ? 0 : a.size - 1;
}

/* The positions that read an element: a run from first to last, and its mirror images; -1 if there
 * is none. */
struct Readers {
    int first, last, mirrored[2];
};

static __device__ inline Readers readers_of(const Padded &a, int q) {
    Readers r = { a.before + q, a.before + q, { -1, -1 } };
    if (a.mode == P2C_PAD_EDGE && q == 0) r.first = 0;
    if (a.mode == P2C_PAD_EDGE && q == a.size - 1) r.last += a.after;
    if (a.mode == P2C_PAD_REFLECT && q > 0 && q <= a.before) r.mirrored[0] = a.before - q;
    if (a.mode == P2C_PAD_REFLECT && q < a.size - 1 && q >= a.size - 1 - a.after)
        r.mirrored[1] = a.before + 2 * (a.size - 1) - q;
    return r;
}

static Padded rows_of(const P2cNode *node) {
    const P2cPad *o = P2C_ATTRIBUTES(node, P2cPad);
    return Padded{ node->x[0]->dims.d[2], o->top, o->bottom, o->mode };
}

static Padded columns_of(const P2cNode *node) {
    const P2cPad *o = P2C_ATTRIBUTES(node, P2cPad);
    return Padded{ node->x[0]->dims.d[3], o->left, o->right, o->mode };
}

struct Pad {
    const float *x;
    Padded rows, columns;
    float value;
    Divisor height, width; /* of y */
    __device__ float operator()(unsigned n) const {
        unsigned row = quotient(n, width), plane = quotient(row, height);
        int q = source_of(rows, (int)(row - plane * height.by)),
            r = source_of(columns, (int)(n - row * width.by));
        return q < 0 || r < 0 ? value : x[((size_t)plane * rows.size + q) * columns.size + r];
    }
};

static void forward(const P2cCall *call) {
    const P2cDims y = call->node->dims;
    float value = P2C_ATTRIBUTES(call->node, P2cPad)->value;
    make_result(call, Pad{ call->x[0], rows_of(call->node), columns_of(call->node), value,
                           divisor_at(y, 2), divisor_at(y, 3) });
}

struct PadGradient {
    const float *dy;
    Padded rows, columns;
    Divisor height, width; /* of x */
    int stride;            /* of dy's rows */

    __device__ double row_sum(const float *from, const Readers &r) const {
        double sum = 0;
        for (int j = r.first; j <= r.last; j++) sum += from[j];
        for (int k = 0; k < 2; k++)
            if (r.mirrored[k] >= 0) sum += from[r.mirrored[k]];
        return sum;
    }

    __device__ float operator()(unsigned n) const {
        unsigned row = quotient(n, width), plane = quotient(row, height);
        Readers down = readers_of(rows, (int)(row - plane * height.by)),
                across = readers_of(columns, (int)(n - row * width.by));
        const float *from = dy + (size_t)plane * (rows.before + rows.size + rows.after) * stride;
        double sum = 0;
        for (int i = down.first; i <= down.last; i++)
            sum += row_sum(from + (size_t)i * stride, across);
        for (int k = 0; k < 2; k++)
            if (down.mirrored[k] >= 0)
                sum += row_sum(from + (size_t)down.mirrored[k] * stride, across);
        return (float)sum;
    }
};

static void backward(const P2cCall *call) {
    const P2cDims x = call->node->x[0]->dims;
    put_gradient(call, 0,
                 PadGradient{ call->dy, rows_of(call->node), columns_of(call->node),
                              divisor_at(x, 2), divisor_at(x, 3), call->node->dims.d[3] });
}

const P2cKernel p2c_cuda_pad = { .forward = forward, .backward = backward, .overwrite = true };

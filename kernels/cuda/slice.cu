/* slice: x is rows of `whole` elements; y is the `run` elements from `at` on of each;  dx += dy
 * there */
#include "elementwise.cuh"
#include "op/slice.h"
#include "walk.cuh"

struct Runs {
    unsigned whole, at, run;
};

static Runs runs_of(const P2cNode *node) {
    const P2cSliceAttributes *a = P2C_ATTRIBUTES(node, P2cSliceAttributes);
    const P2cDims x = node->x[0]->dims;
    unsigned inner = 1;
    for (int i = a->axis + 1; i < 4; i++) inner *= (unsigned)x.d[i];
    return Runs{ (unsigned)x.d[a->axis] * inner, (unsigned)a->begin * inner,
                 (unsigned)(a->end - a->begin) * inner };
}

struct Slice {
    const float *x;
    Runs r;
    Divisor run;
    __device__ float operator()(unsigned i) const {
        unsigned row = quotient(i, run);
        return x[row * r.whole + r.at + (i - row * r.run)];
    }
};

static void forward(const P2cCall *call) {
    Runs r = runs_of(call->node);
    make_result(call, Slice{ call->x[0], r, divisor_of(r.run) });
}

struct SliceGradient {
    const float *dy;
    Runs r;
    Divisor whole;
    __device__ float operator()(unsigned i) const {
        /* before the run, `at` wraps and is larger than any run */
        unsigned row = quotient(i, whole), at = i - row * r.whole - r.at;
        return at < r.run ? dy[row * r.run + at] : 0;
    }
};

static void backward(const P2cCall *call) {
    Runs r = runs_of(call->node);
    put_gradient(call, 0, SliceGradient{ call->dy, r, divisor_of(r.whole) });
}

const P2cKernel p2c_cuda_slice = { .forward = forward, .backward = backward, .overwrite = true };

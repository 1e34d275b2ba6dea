/* slice: x as (outer, axis, inner); y is the runs [begin, end) * inner of each outer. */
#include <string.h>

#include "cpu.h"
#include "op/slice.h"

typedef struct Runs {
    size_t outer, whole, at, run;
} Runs;

static Runs runs_of(const P2cNode *node) {
    const P2cSliceAttributes *a = P2C_ATTRIBUTES(node, P2cSliceAttributes);
    const P2cDims x = node->x[0]->dims;
    size_t outer = 1, inner = 1;
    for (int i = 0; i < a->axis; i++) outer *= (size_t)x.d[i];
    for (int i = a->axis + 1; i < 4; i++) inner *= (size_t)x.d[i];
    return (Runs){ outer, (size_t)x.d[a->axis] * inner, (size_t)a->begin * inner,
                   (size_t)(a->end - a->begin) * inner };
}

static void forward(const P2cCall *call) {
    Runs r = runs_of(call->node);
    for (size_t i = 0; i < r.outer; i++)
        memcpy(call->y + i * r.run, call->x[0] + i * r.whole + r.at, r.run * sizeof(float));
}

static void backward(const P2cCall *call) {
    Runs r = runs_of(call->node);
    for (size_t i = 0; call->dx[0] && i < r.outer; i++)
        axpy(1, call->dy + i * r.run, call->dx[0] + i * r.whole + r.at, r.run);
}

const P2cKernel P2C_CPU(slice) = { .forward = forward, .backward = backward };

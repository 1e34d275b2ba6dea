/* concat: tensors are seen as (outer, axis, inner). In y each operand's runs of axis*inner elements
 * are side by side. */
#include <string.h>

#include "cpu.h"
#include "op/axis.h"

static size_t product(P2cDims d, int begin, int end) {
    size_t p = 1;
    for (int i = begin; i < end; i++) p *= (size_t)d.d[i];
    return p;
}

static void forward(const P2cCall *call) {
    const P2cNode *node = call->node;
    int axis = P2C_ATTRIBUTES(node, P2cAxisAttributes)->axis;
    size_t outer = product(node->dims, 0, axis), whole = product(node->dims, axis, 4), at = 0;
    for (int k = 0; k < node->count; k++) {
        size_t run = product(node->x[k]->dims, axis, 4);
#pragma omp parallel for num_threads(threads_for(call, outer *run)) schedule(static)
        for (size_t i = 0; i < outer; i++)
            memcpy(call->y + i * whole + at, call->x[k] + i * run, run * sizeof(float));
        at += run;
    }
}

static void backward(const P2cCall *call) {
    const P2cNode *node = call->node;
    int axis = P2C_ATTRIBUTES(node, P2cAxisAttributes)->axis;
    size_t outer = product(node->dims, 0, axis), whole = product(node->dims, axis, 4), at = 0;
    for (int k = 0; k < node->count; k++) {
        size_t run = product(node->x[k]->dims, axis, 4);
        for (size_t i = 0; call->dx[k] && i < outer; i++)
            axpy(1, call->dy + i * whole + at, call->dx[k] + i * run, run);
        at += run;
    }
}

const P2cKernel P2C_CPU(concat) = { .forward = forward, .backward = backward };

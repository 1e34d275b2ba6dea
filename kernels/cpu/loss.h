/* loss.h: what the losses share: a mean over all elements of x, against a target of the same shape
 * or a scalar. */
#ifndef P2C_CPU_LOSS_H
#define P2C_CPU_LOSS_H

#include "cpu.h"

static inline size_t loss_count(const P2cNode *node) { return p2c_dims_count(node->x[0]->dims); }

/* A scalar target is read with step 0. */
static inline size_t target_step(const P2cNode *node) {
    return p2c_dims_count(node->x[1]->dims) > 1;
}

static inline size_t loss_work(const P2cNode *node, bool backward, int threads) {
    (void)threads;
    return backward ? 0 : piece_bytes(loss_count(node));
}

/* piece: computes the sum of the terms of elements begin .. end-1 */
static inline void loss_forward(const P2cCall *call,
                                double (*piece)(const P2cCall *call, size_t begin, size_t end)) {
    size_t n = loss_count(call->node);
    *call->y = (float)(sum_pieces(call, n, piece) / (double)n);
}

#endif

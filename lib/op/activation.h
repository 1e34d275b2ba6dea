/* activation.h: a ReLU, leaky or not, that an operation computes with its own result. */
#ifndef P2C_OP_ACTIVATION_H
#define P2C_OP_ACTIVATION_H

#include "op.h"

/* Fused: y = v > 0 ? v : slope * v, v being what the operation alone would make. The sign of y is
 * that of v, so that y tells backward which. */
typedef struct P2cActivation {
    bool on;
    float slope;
} P2cActivation;

/* The slope for negative v; without an activation 1, which changes nothing, to the bit. */
static inline float p2c_slope(P2cActivation a) { return a.on ? a.slope : 1; }

#endif

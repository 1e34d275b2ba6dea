/* activation.h: a ReLU, leaky or not, that an operation computes with its own result. */
#ifndef P2C_OP_ACTIVATION_H
#define P2C_OP_ACTIVATION_H

#include "op.h"

/* Fused: y = v > 0 ? v : slope * v, where v is the result without the activation. y has the sign of
 * v, so backward needs y only. */
typedef struct P2cActivation {
    bool on;
    float slope;
} P2cActivation;

/* The slope for negative v. Without an activation it is 1, which changes no bit. */
static inline float p2c_slope(P2cActivation a) { return a.on ? a.slope : 1; }

#endif

/* op.h: the contract between an operation (lib/op/<name>.c) and its kernels (kernels/<device>/<name>.c).
 *
 * An operation is described once, without arithmetic: what it makes of its operands' shapes, what it keeps for
 * the backward pass. Each device computes it by a forward and a backward kernel:
 *
 *   - kernels never allocate, never synchronise, never fail; scratch comes in `work`, sized by the kernel's own rule;
 *   - forward writes all of y (y may share memory with x[0] where the operation says `in_place`);
 *   - backward ADDS to dx[i], and skips operands whose dx[i] is NULL;
 *   - results do not depend on the number of threads: work is cut into fixed pieces, and sums run in a fixed order.
 */
#ifndef P2C_OP_H
#define P2C_OP_H

#include "p2cnn.h"

enum { P2C_MAX_OPERANDS = 8 };

typedef enum P2cOpId {
#define P2C_OP(name) P2C_OP_##name,
#include "op_list.h"
    P2C_OP_COUNT
} P2cOpId;

typedef struct P2cOp {
    P2cOpId id;
    const char *name;
    /* Sets node->dims and node->saved_bytes from operands and attributes; refuses, with p2c_node_fail, what does not fit. */
    P2cStatus (*shape)(P2cNode *node);
    bool keeps_x;  /* backward reads the operands' values */
    bool keeps_y;  /* backward reads the result's value */
    bool in_place; /* forward may write y over x[0] */
    bool view;     /* y is x[0]'s memory under other dims: forward is never called */
    bool updates;  /* writes into operands (a parameter, a power iteration): never dropped as unused */
    bool blocks;   /* no gradient goes back */
} P2cOp;

#define P2C_OP(name) extern const P2cOp p2c_op_##name;
#include "op_list.h"

/* A call of a kernel: the node, for shapes and attributes, and the memory. Absent things are NULL. */
typedef struct P2cCall {
    const P2cNode *node;
    int threads;
    float *x[P2C_MAX_OPERANDS];  /* operands */
    float *y;                    /* result */
    const float *dy;             /* backward: gradient of the result */
    float *dx[P2C_MAX_OPERANDS]; /* backward: gradients of the operands that want one */
    void *saved;                 /* written by forward, read by backward */
    void *work;                  /* scratch of this call, 64-byte aligned, contents undefined */
} P2cCall;

typedef struct P2cKernel {
    void (*forward)(const P2cCall *call);
    void (*backward)(const P2cCall *call); /* NULL: not differentiable */
    size_t (*work)(const P2cNode *node, bool backward, int threads); /* bytes of scratch; NULL: none */
} P2cKernel;

/* What kernels may see of a node. The graph's own fields are in graph.h. */
struct P2cNode {
    const P2cOp *op; /* NULL for leaves: inputs, constants, parameters, gradients */
    P2cDims dims;
    int count; /* of operands */
    P2cNode *x[P2C_MAX_OPERANDS];
    _Alignas(8) unsigned char attributes[32];
    size_t saved_bytes;
    struct P2cNodeState *state; /* the graph's */
};

/* The attributes of a node, typed: const P2cConvAttributes *a = P2C_ATTRIBUTES(node, P2cConvAttributes). */
#define P2C_ATTRIBUTES(node, type) ((type *)(void *)(node)->attributes)

typedef struct P2cNormAttributes { float eps; bool relu; } P2cNormAttributes; /* relu: fused, y = max(y, 0) */
/* normed: fused, the convolution reads the instance norm of x, then ReLU, instead of x. */
typedef struct P2cConvAttributes { P2cConv2d conv; P2cNormAttributes norm; bool normed; } P2cConvAttributes;
typedef struct P2cSpectralAttributes { bool training; } P2cSpectralAttributes;
typedef struct P2cSlopeAttributes { float slope; } P2cSlopeAttributes;
typedef struct P2cRangeAttributes { float low, high; } P2cRangeAttributes;
typedef struct P2cAffineAttributes { float scale, shift; } P2cAffineAttributes;
typedef struct P2cAxisAttributes { int axis, begin, end; } P2cAxisAttributes; /* concat uses axis alone */
typedef struct P2cFactorAttributes { int factor; } P2cFactorAttributes;
typedef struct P2cResizeAttributes { int height, width; bool align_corners; } P2cResizeAttributes;
typedef struct P2cScaleAttributes { float scale; } P2cScaleAttributes;
typedef struct P2cEpsAttributes { float eps; } P2cEpsAttributes;
typedef struct P2cAverageAttributes { const double *decay; } P2cAverageAttributes;
typedef struct P2cAdamAttributes { P2cAdam *adam; const struct P2cParam *param; } P2cAdamAttributes;

#endif

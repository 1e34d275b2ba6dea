/* op.h: the contract between an operation (lib/op/<name>.c) and its kernels
 * (kernels/<device>/<name>.c).
 *
 * An operation is described once, without arithmetic: what it makes of its operands' shapes, what
 * it keeps for the backward pass. Each device computes it by a forward and a backward kernel:
 *
 *   - kernels never allocate, never synchronise, never fail; scratch comes in `work`, sized by the
 *       kernel's own rule;
 *   - forward writes all of y (y may share memory with x[0] where the operation says `in_place`);
 *   - backward ADDS to dx[i], and skips operands whose dx[i] is NULL;
 *   - results do not depend on the number of threads: work is cut into fixed pieces, and sums run
 *       in a fixed order.
 *
 * A kernel may offer more, and says so in its P2cKernel; the graph then asks for it: dx written
 * instead of added to (`overwrite`), the mean and variance of each plane of y for the norm that
 * reads it (`statistics`), patterns of operations in one (`folds`), many calls at once (`many`).
 */
#ifndef P2C_OP_H
#define P2C_OP_H

#include "p2cnn.h"

#ifdef __cplusplus /* kernels may be CUDA C, which is C++ */
extern "C" {
#define P2C_ALIGNED(bytes) alignas(bytes)
#else
#define P2C_ALIGNED(bytes) _Alignas(bytes)
#endif

enum { P2C_MAX_OPERANDS = 8 };

typedef enum P2cOpId {
#define P2C_OP(name) P2C_OP_##name,
#include "op_list.h"
    P2C_OP_COUNT
} P2cOpId;

typedef struct P2cOp {
    P2cOpId id;
    const char *name;
    /* Sets node->dims and node->saved_bytes from operands and attributes; refuses, with
     * p2c_node_fail, what does not fit. */
    P2cStatus (*shape)(P2cNode *node);
    bool keeps_x;  /* backward reads the operands' values; else they are NULL there */
    bool keeps_y;  /* backward reads the result's value, else NULL; see p2c_keeps_y */
    bool in_place; /* forward may write y over x[0] */
    bool view;     /* y is x[0]'s memory under other dims: forward is never called */
    /* Bit i: forward writes into operand i (a parameter, a power iteration). A node that does is
     * computed even when nobody reads its result. */
    unsigned writes;
    bool side_effect; /* the same for one that changes memory of the caller */
    bool blocks;      /* no gradient goes back */
} P2cOp;

#define P2C_OP(name) extern const P2cOp p2c_op_##name;
#include "op_list.h"

/* A call of a kernel: the node, for shapes and attributes, and the memory. What is absent is NULL.
 * In backward so are operands and result, unless the operation declares that it reads them. */
typedef struct P2cCall {
    const P2cNode *node;
    int threads;
    struct P2cQueue *queue;      /* the device's own; NULL on the CPU */
    float *x[P2C_MAX_OPERANDS];  /* operands */
    float *y;                    /* result */
    const float *dy;             /* backward: gradient of the result */
    float *dx[P2C_MAX_OPERANDS]; /* backward: gradients of the operands that want one */
    void *saved;                 /* written by forward, read by backward */
    void *work;                  /* scratch of this call, 64-byte aligned, contents undefined */
    /* backward: bit i: dx[i] is undefined so far, to be written instead of added to */
    unsigned overwrite;
    /* forward: where to put (mean, biased variance) of each (n,c) plane of y, when asked for */
    float *statistics;
    /* norms: the same of x[0], when what made x[0] was asked for them */
    const float *x_statistics;
    /* the kernel's `run_params_bytes`, and their copy on the host */
    void *run_params, *run_params_host;
} P2cCall;

/* Patterns of two operations that one kernel computes in one pass, see fuse.c. */
typedef enum P2cFold {
    P2C_FOLD_NORM = 1,       /* conv2d of an instance norm: P2cConvAttributes.normalised */
    P2C_FOLD_UPSAMPLE = 2,   /* conv2d or add of a nearest upsampling: .upsample */
    P2C_FOLD_CONCAT = 4,     /* add of a concat of channels: operands 1 and on are its pieces */
    P2C_FOLD_ACTIVATION = 8, /* a ReLU, leaky or not, of this operation's result: .activation */
} P2cFold;

typedef struct P2cKernel {
    void (*forward)(const P2cCall *call);
    void (*backward)(const P2cCall *call); /* NULL: not differentiable */
    /* bytes of scratch; NULL: none */
    size_t (*work)(const P2cNode *node, bool backward, int threads);
    unsigned folds;  /* P2cFold: what this kernel computes besides */
    bool overwrite;  /* backward honours call->overwrite; else gradients start as zeros */
    bool statistics; /* forward honours call->statistics */
    /* The forward of consecutive steps of this operation, in their order, where a device gains by
     * knowing them together; NULL: one by one. Their scratch is in use all at once, and the plan
     * does not know: each may ask for 1 KiB at most, which it shares with nobody. */
    void (*many)(const P2cCall *const calls[], int count);
    /* What a kernel on another device cannot reach on the host, or the host wants back: memory of
     * each call that is copied there before a run and back after it. `before` fills
     * call->run_params_host, `after` reads it. */
    size_t run_params_bytes;
    void (*before)(const P2cCall *call);
    void (*after)(const P2cCall *call);
} P2cKernel;

/* What kernels may see of a node. The graph's own part is in graph/graph.h. */
struct P2cNode {
    const P2cOp *op; /* NULL for leaves: inputs, constants, parameters, gradients */
    P2cDims dims;
    int count; /* of operands */
    P2cNode *x[P2C_MAX_OPERANDS];
    P2C_ALIGNED(8) unsigned char attributes[48];
    size_t saved_bytes;
    bool makes_statistics; /* its kernel is asked for statistics */
    /* fused: backward reads the result's value, which it would not without the fused one */
    bool keeps_y;
    struct P2cNodeState *state; /* the graph's */
};

static inline bool p2c_keeps_y(const P2cNode *node) { return node->op->keeps_y || node->keeps_y; }

/* The attributes of a node, typed: const P2cConvAttributes *a = P2C_ATTRIBUTES(node,
 * P2cConvAttributes). The struct stands beside its operation, in lib/op/<name>.h. */
#define P2C_ATTRIBUTES(node, type) ((type *)(void *)(node)->attributes)

#ifdef __cplusplus
}
#endif
#endif

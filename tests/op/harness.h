/* harness.h: how one operation is tested.
 *
 * A test names the operation's builder and a naive reference in double, then checks a table of
 * cases. An operation with options declares a struct for them, or takes the public one; a case
 * points at it:
 *
 *     typedef struct Options { float slope; } Options;
 *     static void print(FILE *out, const OpCase *c) {
 *         fprintf(out, "slope %g", ((const Options *)c->options)->slope);
 *     }
 *     ...
 *     OpTest t = { P2C_OP_relu, build, reference, print };
 *     op_check(&t, &(OpCase){ UNARY(2, 3, 4, 5), .options = &(Options){ .slope = 0.2f } });
 *     op_refused(&t, &(OpCase){ ... }, "what the error text must hold");
 *     op_done(&t);
 *
 * Models to copy: sigmoid.c (no options), clamp.c (options), max_pool2d.c (public options).
 *
 * op_check builds the node with the public API, calls the kernels by hand in guarded memory, for
 * every instruction set that this processor has, and compares
 *   - the result's dims and values with the reference's; operands unchanged, or changed as the
 *       reference changes them;
 *   - gradients with central differences of sum(dy * reference(x)): single elements, and random
 *       directions that see all;
 *   - gradients added to 100 instead of 0; one gradient wanted at a time; 1, 2 and 3 threads (the
 *       same bits); y over x[0].
 *
 * On a GPU (P2C_TEST_DEVICE=cuda) it does the same, with several runs that must give the same bits
 * instead of several numbers of threads. Under emulation blocks and threads go in another order in
 * each run. What kernels offer besides is checked where they do: gradients written instead of
 * added, statistics of the result, and norms that get the statistics of x.
 *
 * Tolerance: 1e-5 of the larger of the expected value and the tensor's root mean square. That is 84
 * float32 roundings (2^-23 each). A direction sums n gradients, and gets 1e-5 of the root of the
 * sum of their squares.
 *
 * A failure prints the operation, the case with its options, the device, and the tensor's element.
 */
#ifndef P2C_TEST_HARNESS_H
#define P2C_TEST_HARNESS_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "graph/graph.h"

#include "../device.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
/* for tables; 0 where unused */
#define DIMS(...) \
    { \
        (int)(sizeof((int[]){ __VA_ARGS__ }) / sizeof(int)), { __VA_ARGS__ } \
    }
#define SCALAR \
    { \
        0, { 0 } \
    }
/* In a case: one operand, and a result of its shape. */
#define UNARY(...) .count = 1, .x = { DIMS(__VA_ARGS__) }, .y = DIMS(__VA_ARGS__)
#define UNARY_SCALAR .count = 1, .x = { SCALAR }, .y = SCALAR

typedef struct OpCase OpCase;
struct OpCase {
    int count; /* operands */
    P2cDims x[P2C_MAX_OPERANDS];
    P2cDims y;           /* expected */
    const void *options; /* the operation's own, of a type that its test file knows; NULL: none */
    float range;         /* operands are uniform in [-range, range); 0: 1 */
    /* changes the random operands where a kink, a tie or a sign matters */
    void (*prepare)(const OpCase *c, float *const x[]);
    /* by operand: the size of the terms that may cancel in its gradient; 0: the gradient is no
     * smaller */
    float terms[P2C_MAX_OPERANDS];
    float tolerance; /* 0: 1e-5 */
};

typedef struct OpTest {
    P2cOpId op;
    P2cNode *(*build)(const OpCase *c, P2cNode *const x[]);
    /* may change x where the operation does */
    void (*reference)(const OpCase *c, double *const x[], double *y);
    /* for failures: the options on one line, such as "low -0.5, high 2"; NULL: there are none */
    void (*print)(FILE *out, const OpCase *c);
    unsigned folds;  /* P2cFold: kernels that do not offer it are passed over */
    unsigned frozen; /* bit i: operand i is a frozen parameter and has no gradient */
    /* what is differentiated instead, at the changed x */
    void (*gradient_of)(const OpCase *c, double *const x[], double *y);
    /* The slope, where the result is y, of an activation that gradient_of leaves out. So that no
     * difference crosses its kink, it is applied to dy. NULL: gradient_of is complete. */
    double (*activation_slope)(const OpCase *c, double y);
    int cases; /* counted by op_check; and the worst errors, as parts of the tolerance */
    double worst_y, worst_dx;
} OpTest;

void op_check(OpTest *t, const OpCase *c);
void op_check_all(OpTest *t, const OpCase *c, size_t count);
/* Given values instead of random ones, for kinks, ties and zeros: what y and dx (added to zeros)
 * must be, on every instruction set. */
typedef struct OpExact {
    const float *x[2], *dy, *y, *dx[2];
} OpExact;
void op_exact(OpTest *t, const OpCase *c, const OpExact *e);
/* The builder must fail; the context's error holds `text` and the operation's name. */
void op_refused(OpTest *t, const OpCase *c, const char *text);
void op_done(OpTest *t);

/* ---- for what does not fit a table: one node and its call ------------------------------------ */

enum { OP_BUFFERS = 5 * P2C_MAX_OPERANDS };

/* Memory between canaries. On a GPU, `there` is its copy in the GPU's memory while a kernel
 * runs. */
typedef struct OpBuffer {
    char name[16]; /* for failures, such as "dx[1]" */
    unsigned char *memory, *there;
    size_t bytes;
} OpBuffer;

/* A node in a graph, and a call of its kernels with memory between canaries. */
typedef struct OpRun {
    const OpTest *test;
    const OpCase *c;
    P2cContext *ctx;
    P2cStore *store;
    P2cGraph *graph;
    P2cNode *node;
    const P2cKernel *kernel;
    P2cCall call; /* x, dx, y, dy, saved: all there, to be pointed elsewhere at will */
    OpBuffer buffers[OP_BUFFERS];
    int buffer_count;
    /* for failures: */
    const char *phase; /* the newest call: "forward", "backward"; NULL: none so far */
    const char *level; /* the instruction set, or the GPU's name */
    float added_to;    /* what gradients held before the newest backward; NaN: to be written */
} OpRun;

/* On test_device(). The CPU has a level per instruction set, the fastest to begin with; a GPU has
 * one. */
void op_run_init(OpRun *run, const OpTest *t, const OpCase *c);
int op_level_count(void);
void op_run_level(OpRun *run, int level);
void op_run_clear(OpRun *run);
/* With scratch as large as the kernel asks for, full of NaN. Backward gets the operands and the
 * result only where the operation declares that it reads them, as in a graph. */
void op_run_forward(OpRun *run, int threads);
void op_run_backward(OpRun *run, int threads);
void op_run_canaries(const OpRun *run);
/* 64-byte aligned, full of NaN, between canaries that op_run_canaries checks. name: for
 * failures. */
void *op_run_memory(OpRun *run, const char *name, size_t bytes);
/* Where the kernels see memory of op_run_memory, or a place within: for pointers that are not in
 * the call. */
void *op_run_there(OpRun *run, void *memory);

P2cDims op_dims(P2cDims table); /* a table's dims with the unused sizes 1 */
size_t op_size(P2cDims table);
static inline size_t op_at(P2cDims d, int n, int c, int h, int w) {
    return (((size_t)n * d.d[1] + c) * d.d[2] + h) * d.d[3] + w;
}
double op_uniform(uint64_t *state); /* [-1, 1) */
/* Moves values out of (-gap, gap) around `at`, so that finite differences do not cross a kink
 * there. */
void op_keep_away(float *x, size_t n, float at, float gap);

/* ---- comparing, and what a failure says ------------------------------------------------------ */

/* A tensor's name, with the operand's number where there are several: "y", "dx" and 1. */
typedef struct OpName {
    const char *text;
    int operand; /* -1: the name needs none */
} OpName;
#define OP_NAME(text) ((OpName){ text, -1 })

/* Fails with the run's operation, case, options and device, and then the text. */
void op_fail(const OpRun *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "element 17 of 24, (2,0,1,1)" */
typedef struct OpElementText {
    char text[120];
} OpElementText;
OpElementText op_element_text(P2cDims dims, size_t at);
/* The largest |got - want| as a part of the tolerance; above 1 it fails, with the element. A
 * gradient's name starts with "d": then the failure also says what it was added to. */
double op_run_compare(const OpRun *run, OpName name, P2cDims dims, const float *got,
                      const double *want, double tolerance);
/* Fails unless all bits are equal; `than` completes "differs from ...". */
void op_run_same_bits(const OpRun *run, OpName name, P2cDims dims, const float *got,
                      const float *want, const char *than);
/* As op_run_compare, without a run: fails with `what`. */
double op_compare(const char *what, const float *got, const double *want, size_t n,
                  double tolerance);

/* The tests, each in the file of its operation. */
#define P2C_OP(name) void test_op_##name(void **state);
#include "op/op_list.h"
void test_gemm(void **state);

#endif

/* conv2d.h: cases and builders that the tests of conv2d share. */
#ifndef P2C_TEST_CONV2D_H
#define P2C_TEST_CONV2D_H

#include "harness.h"

#include "op/conv2d.h"

/* What a table of cases gives; 0 groups or stride: the builder's default. */
typedef struct ConvRow {
    int n, cin, h, w, cout, kh, kw, stride, pad, groups, reflect, bias;
} ConvRow;

/* A case with its options, by value. They are the node's attributes, so that they hold those of the
 * fused forms. */
typedef struct ConvCase {
    OpCase c;
    P2cConvAttributes options;
} ConvCase;

/* The case, once it points at its options. */
const OpCase *conv2d_complete(ConvCase *k);
ConvCase conv2d_make(ConvRow r);
/* With the defaults filled in: the fused forms have no builder that does it. */
ConvCase conv2d_make_explicit(ConvRow r);
/* The row's h and w are the sizes after upsampling. */
ConvCase conv2d_make_upsampled(ConvRow r, int factor);
void conv2d_add_norm(ConvCase *c, float eps);
void conv2d_set_dilation(ConvCase *k, ConvRow r, int dilation);
/* In the emulation the largest cases would take minutes each. */
bool conv2d_too_long(const OpCase *c);

extern const ConvRow conv2d_rows[];
extern const int conv2d_row_count;

/* Checks a case by the algorithms with plain sums and, where a CPU has another one for it, by
 * Winograd's. */
void conv2d_check(OpTest *t, ConvCase *k);

P2cNode *conv2d_build(const OpCase *c, P2cNode *const x[]);
P2cNode *conv2d_build_fused(const OpCase *c, P2cNode *const x[]);
void conv2d_reference(const OpCase *c, double *const x[], double *y);
void conv2d_print(FILE *out, const OpCase *c);

/* With a norm, an upsampling or an activation fused, and dilated. Sets the test's functions. */
void conv2d_check_fused(OpTest *t);
/* In tf32 and bf16, where a device has them. */
void conv2d_check_precisions(OpTest *t);

#endif

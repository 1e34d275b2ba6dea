/* check.h: the state of op_check, shared by check.c and probe.c. */
#ifndef P2C_TEST_CHECK_H
#define P2C_TEST_CHECK_H

#include "harness.h"

enum { MOST_PROBES = 400 };

/* A known derivative of sum(dy * y): by one element of an operand, or along a random direction v
 * through all of it. */
typedef struct Probe {
    int operand;
    long element; /* -1: a direction, drawn from `seed` */
    uint64_t seed;
    double want;
} Probe;

typedef struct Check {
    OpTest *t;
    const OpCase *c;
    OpRun run;
    double tolerance;
    size_t n[P2C_MAX_OPERANDS], ny;
    float *x[P2C_MAX_OPERANDS], *dy;  /* the inputs, and */
    double *xd[P2C_MAX_OPERANDS], *y; /* what the reference makes of them */
    Probe probes[MOST_PROBES];
    int probe_count;
    float *first_y, *first_dx[P2C_MAX_OPERANDS]; /* with one thread */
    /* memory for the statistics of the planes of y, and of x[0] */
    float *statistics, *x_statistics;
} Check;

/* Zeroed; fails where there is none. */
void *op_memory(size_t count, size_t size);
/* Differences of the reference, for operands that have a gradient. */
void op_make_probes(Check *k);
/* All probes against the gradients in first_dx; fails where one differs. */
void op_check_probes(Check *k);

#endif

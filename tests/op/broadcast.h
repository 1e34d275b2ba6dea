/* broadcast.h: what the tests of operations on two broadcast operands share. */
#ifndef P2C_TEST_BROADCAST_H
#define P2C_TEST_BROADCAST_H

#include "harness.h"

/* Element (n,c,h,w) of an operand whose sizes of 1 are repeated. */
double broadcast_pick(const OpCase *k, double *const x[], int operand, int n, int c, int h, int w);
/* All kinds of pairs of operands, each prepared as asked for (NULL: not), and what is refused. */
void broadcast_check(OpTest *t, void (*prepare)(const OpCase *c, float *const x[]));

#endif

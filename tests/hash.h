/* hash.h: weights and pictures that any language can make from a name, so that tests need no large
 * files.
 *
 *   seed     FNV-1a of the tensor's full name, 32 bits
 *   u[i]     (mix(seed + i * 0x9E3779B9) mod 2^32) / 2^32, mix: the 32-bit finaliser of Wellons'
 *            hash prospector
 *   value    a range that depends on the kind of tensor, see hash_value */
#ifndef TESTS_HASH_H
#define TESTS_HASH_H

#include "p2cnn.h"

void hash_uniform(const char *name, size_t n, double *u); /* n values in [0,1) */
/* name: the full name, such as "genA2B.gap_fc.weight" */
void hash_value(const char *name, P2cDims dims, float *values);
/* Fills every parameter of the store from its name. */
P2cStatus hash_fill(P2cStore *store);
/* A smooth picture in [-1,1], (n,3,size,size). */
void test_image(const char *tag, int n, int size, float *pixels);

#endif

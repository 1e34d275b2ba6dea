/* world.h: what most graph tests need: a context, a store, a graph, and one small network that
 * contains a bit of everything. */
#ifndef P2C_TEST_WORLD_H
#define P2C_TEST_WORLD_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "graph/graph.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define OK(call) assert_int_equal(call, P2C_OK)

typedef struct World {
    P2cContext *ctx;
    P2cStore *store;
    P2cGraph *g;
} World;

void world_init(World *w, int threads);
void world_clear(World *w);
/* A new graph instead of the old one; parameters stay. */
void world_again(World *w);

void fill_random(float *x, size_t n, float low, float high, uint64_t seed);
/* Agrees to 1e-5, relative to 1 or to the value if it is larger. */
void close_to(const float *got, const float *want, size_t n);
/* Counts the steps of a finished graph that call a kernel, without those that fill a gradient with
 * zeros, which not all devices need. */
int count_passes(const P2cGraph *graph);
double read_scalar(const P2cNode *node);
void read_param(const World *w, const char *name, float *values);
void write_param(World *w, const char *name, const float *values);

/* Convolution with reflection, fused norm and ReLU, pooling, upsampling, a skip, a style that
 * drives AdaLIN, gating, and two losses.
 *   x (2,3,8,10)  t (2,3,8,10)  ->  scalar. Parameters below "net". */
enum { SMALL = 2 * 3 * 8 * 10 };
typedef struct Small {
    P2cNode *x, *t, *norm, *hidden, *y, *loss;
} Small;
Small small_network(World *w);
void small_write(const Small *s); /* some x in [-1,1), t in [1.5,2.5), which y never reaches */

#endif

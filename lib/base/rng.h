/* rng.h: draws from the random streams of p2cnn_graph.h. Value i of the stream `key` never depends
 * on other draws. */
#ifndef P2C_RNG_H
#define P2C_RNG_H

#include "p2cnn.h"

/* Values 0 to n-1 of the stream, uniform in [0, 1), with 24 bits. */
void p2c_rng_uniforms(uint64_t key, size_t n, float *values);
/* Value i of the stream, normally distributed with mean 0 and variance 1 (Box-Muller). */
float p2c_rng_normal(uint64_t key, uint64_t i);

#endif

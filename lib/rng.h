/* rng.h: counter-based random numbers. Value i of a stream is a function of (key, i) alone, so that a stream can be
 * entered anywhere, by any thread, and resumed bit for bit.
 * Philox4x32-10: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3". */
#ifndef P2C_RNG_H
#define P2C_RNG_H

#include <stddef.h>
#include <stdint.h>

/* One key per use: a seed mixed with the name of what is drawn. */
uint64_t p2c_rng_key(uint64_t seed, const char *name);
/* Four 32-bit words for counter `block`. */
void p2c_rng_block(uint64_t key, uint64_t block, uint32_t out[4]);
/* Values 0 to n-1 of the stream, in [0, 1), with 24 bits. */
void p2c_rng_uniforms(uint64_t key, size_t n, float *values);
/* Value i of the stream, standard normal (Box-Muller). */
float p2c_rng_normal(uint64_t key, uint64_t i);

#endif

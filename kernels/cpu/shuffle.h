/* shuffle.h: vectors taken apart and put together, for every width of vector. */
#ifndef P2C_CPU_SHUFFLE_H
#define P2C_CPU_SHUFFLE_H

#include "cpu.h"

#ifdef __clang__
#define SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define SHUFFLE(a, b, ...) __builtin_shuffle(a, b, (VecMask){ __VA_ARGS__ })
#endif
#if defined(__AVX512F__)
#define EVEN 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#define ODD 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
#define FIRST 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define SECOND 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#elif defined(__AVX__)
#define EVEN 0, 2, 4, 6, 8, 10, 12, 14
#define ODD 1, 3, 5, 7, 9, 11, 13, 15
#define FIRST 0, 8, 1, 9, 2, 10, 3, 11
#define SECOND 4, 12, 5, 13, 6, 14, 7, 15
#else
#define EVEN 0, 2, 4, 6
#define ODD 1, 3, 5, 7
#define FIRST 0, 4, 1, 5
#define SECOND 2, 6, 3, 7
#endif

/* The elements of a, then b, at even and at odd places; a and b interleaved, the first and the
 * second half of that. */
ALWAYS_INLINE Vec even_of(Vec a, Vec b) { return SHUFFLE(a, b, EVEN); }
ALWAYS_INLINE Vec odd_of(Vec a, Vec b) { return SHUFFLE(a, b, ODD); }
ALWAYS_INLINE Vec interleave_first(Vec a, Vec b) { return SHUFFLE(a, b, FIRST); }
ALWAYS_INLINE Vec interleave_second(Vec a, Vec b) { return SHUFFLE(a, b, SECOND); }

#endif

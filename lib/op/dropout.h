/* dropout.h: attributes of dropout. */
#ifndef P2C_OP_DROPOUT_H
#define P2C_OP_DROPOUT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct P2cDropoutAttributes {
    uint64_t key;        /* of the random stream */
    const int64_t *step; /* the caller's */
    float rate;
} P2cDropoutAttributes;

/* An element is kept when its 32 random bits are at least this. */
static inline uint32_t p2c_dropout_threshold(float rate) {
    return (uint32_t)((double)rate * 4294967296.0);
}

/* The block of the stream that element i of run `step` takes one word of: i % 4. */
static inline uint64_t p2c_dropout_block(int64_t step, uint64_t i) {
    return (uint64_t)step << 32 | i / 4;
}

#ifdef __cplusplus
}
#endif
#endif

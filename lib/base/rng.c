#include "rng.h"

#include <math.h>
#include <string.h>

#include "hash.h"

uint64_t p2c_rng_key(uint64_t seed, const char *name) {
    uint64_t h = p2c_hash(P2C_HASH_START ^ seed, name, strlen(name));
    return h ^ h >> 29;
}

void p2c_rng_block(uint64_t key, uint64_t block, uint32_t x[4]) {
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    x[0] = (uint32_t)block, x[1] = (uint32_t)(block >> 32), x[2] = x[3] = 0;
    for (int round = 0; round < 10; round++) {
        uint64_t a = (uint64_t)0xD2511F53 * x[0], b = (uint64_t)0xCD9E8D57 * x[2];
        uint32_t y0 = (uint32_t)(b >> 32) ^ x[1] ^ k0, y2 = (uint32_t)(a >> 32) ^ x[3] ^ k1;
        x[0] = y0, x[1] = (uint32_t)b, x[2] = y2, x[3] = (uint32_t)a;
        k0 += 0x9E3779B9, k1 += 0xBB67AE85;
    }
}

static uint32_t word(uint64_t key, uint64_t i) {
    uint32_t x[4];
    p2c_rng_block(key, i / 4, x);
    return x[i % 4];
}

void p2c_rng_uniforms(uint64_t key, size_t n, float *values) {
    uint32_t x[4];
    for (size_t i = 0; i < n; i++) {
        if (i % 4 == 0) p2c_rng_block(key, i / 4, x);
        values[i] = (float)(x[i % 4] >> 8) / 16777216.0f;
    }
}

float p2c_rng_normal(uint64_t key, uint64_t i) {
    double u = (word(key, 2 * i) + 1.0) / 4294967296.0, v = word(key, 2 * i + 1) / 4294967296.0;
    return (float)(sqrt(-2 * log(u)) * cos(2 * 3.14159265358979323846 * v));
}

/* hash.h: FNV-1a of 64 bits (Fowler 1991): equal for equal bytes, on every machine. It is not
 * secure: an adversary can choose bytes that collide. */
#ifndef P2C_HASH_H
#define P2C_HASH_H

#include <stddef.h>
#include <stdint.h>

#define P2C_HASH_START UINT64_C(14695981039346656037)

/* The hash of what was hashed before (P2C_HASH_START: nothing), followed by these bytes. */
static inline uint64_t p2c_hash(uint64_t hash, const void *bytes, size_t size) {
    for (const uint8_t *p = (const uint8_t *)bytes; size--; p++)
        hash = (hash ^ *p) * UINT64_C(1099511628211);
    return hash;
}

#endif

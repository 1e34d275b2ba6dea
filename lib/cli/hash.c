/* hash.c: see hash.h. */
#include "hash.h"

uint64_t hash_more(uint64_t hash, const void *bytes, size_t size) {
    for (const uint8_t *p = bytes; size--; p++) hash = (hash ^ *p) * 1099511628211u;
    return hash;
}

/* hash.h: FNV-1a of 64 bits: the same for the same bytes, on every machine; no secret, and nothing
 * for what an adversary chooses. */
#ifndef P2C_CLI_HASH_H
#define P2C_CLI_HASH_H

#include <stddef.h>
#include <stdint.h>

static const uint64_t HASH_START = 14695981039346656037u;
/* Of what was hashed before (HASH_START: nothing) and these bytes. */
uint64_t hash_more(uint64_t hash, const void *bytes, size_t size);

#endif

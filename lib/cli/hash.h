/* hash.h: FNV-1a of 64 bits. It gives the same for the same bytes on every machine. It is not
 * secure against an adversary who chooses the bytes. */
#ifndef P2C_CLI_HASH_H
#define P2C_CLI_HASH_H

#include <stddef.h>
#include <stdint.h>

static const uint64_t HASH_START = 14695981039346656037u;
/* Continues a hash (HASH_START at the beginning) with these bytes. */
uint64_t hash_more(uint64_t hash, const void *bytes, size_t size);

#endif

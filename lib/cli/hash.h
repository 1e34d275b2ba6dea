/* hash.h: the library's hash (p2c_hash), for the programs. */
#ifndef P2C_CLI_HASH_H
#define P2C_CLI_HASH_H

#include "base/hash.h"

#endif

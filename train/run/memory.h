/* memory.h: how much memory this process may still take. */
#ifndef P2C_TRAIN_MEMORY_H
#define P2C_TRAIN_MEMORY_H

#include <stddef.h>

/* Bytes that can be taken before the machine swaps its working set or the container's limit is
 * reached; 0: unknown. */
size_t memory_available(void);

#endif

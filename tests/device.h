/* device.h: where the tests compute: on the CPU, or on the device in P2C_TEST_DEVICE, such as
 * "cuda". */
#ifndef P2C_TEST_DEVICE_H
#define P2C_TEST_DEVICE_H

#include <stdlib.h>

static inline const char *test_device(void) {
    const char *name = getenv("P2C_TEST_DEVICE");
    return name && *name ? name : "cpu";
}

/* Defined in the emulation of a GPU: the order of blocks and threads: 0 forward, 1 backward, 2
 * shuffled. */
__attribute__((weak)) void emulated_order(int order);

#endif

/* device.h: where the tests compute: on the CPU, or where P2C_TEST_DEVICE says, such as "cuda". */
#ifndef P2C_TEST_DEVICE_H
#define P2C_TEST_DEVICE_H

#include <stdlib.h>

static inline const char *test_device(void) {
    const char *name = getenv("P2C_TEST_DEVICE");
    return name && *name ? name : "cpu";
}

/* The emulation of a GPU has it: in which order blocks and threads go, 0 on, 1 back, 2 in any. */
__attribute__((weak)) void emulated_order(int order);

#endif

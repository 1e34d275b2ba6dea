/* device.h: where the tests compute: on the CPU, or where P2C_TEST_DEVICE says, such as "cuda". */
#ifndef P2C_TEST_DEVICE_H
#define P2C_TEST_DEVICE_H

#include <stdlib.h>

static inline const char *test_device(void) {
    const char *name = getenv("P2C_TEST_DEVICE");
    return name && *name ? name : "cpu";
}

#endif

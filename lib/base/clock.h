/* clock.h: milliseconds of a clock that never jumps, for durations. */
#ifndef P2C_CLOCK_H
#define P2C_CLOCK_H

#include <time.h>

static inline double p2c_clock_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

#endif

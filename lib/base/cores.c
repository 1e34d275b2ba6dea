/* cores.c: the processors that this process may use: those that it is bound to (taskset, a
 * container's cpuset), and no more than its control group's quota of processor time is worth
 * (docker --cpus). */
#define _GNU_SOURCE
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "cores.h"

/* All of them where there is no such mask, or one that is longer than a cpu_set_t. */
static long bound_to(void) {
#ifdef __linux__
    cpu_set_t set;
    if (!sched_getaffinity(0, sizeof set, &set)) return CPU_COUNT(&set);
#endif
    return sysconf(_SC_NPROCESSORS_ONLN);
}

/* Processor time for each period of time, rounded up to whole processors; a container sees its own
 * group here. 0: no limit. */
static long quota(void) {
    long long time, period;
    FILE *file = fopen("/sys/fs/cgroup/cpu.max", "r");
    bool limited = file && fscanf(file, "%lld %lld", &time, &period) == 2 && time > 0 && period > 0;
    if (file) fclose(file);
    return limited ? (long)((time + period - 1) / period) : 0;
}

int p2c_core_count(void) {
    long bound = bound_to(), limit = quota();
    long cores = limit && limit < bound ? limit : bound;
    return cores < 1 ? 1 : (int)cores;
}

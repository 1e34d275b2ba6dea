/* memory.c: Linux tells in /proc/meminfo and, for a container, in its control group. */
#include "memory.h"

#include <stdint.h>
#include <stdio.h>

/* The number in the line of a file that fits `format`; 0: none. */
static uint64_t line_of(const char *path, const char *format) {
    unsigned long long n = 0;
    char line[256];
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    while (!n && fgets(line, sizeof line, file))
        if (sscanf(line, format, &n) != 1) n = 0;
    fclose(file);
    return (uint64_t)n;
}

/* What the control group leaves: its limit, less what is in use and not only a cache of files. */
static uint64_t container_limit(void) {
    uint64_t limit = line_of("/sys/fs/cgroup/memory.max", "%llu"),
             used = line_of("/sys/fs/cgroup/memory.current", "%llu");
    uint64_t cache = line_of("/sys/fs/cgroup/memory.stat", "inactive_file %llu");
    if (!limit) return UINT64_MAX; /* "max", or no such file */
    used -= cache < used ? cache : used;
    return limit > used ? limit - used : 1; /* 0 would mean that nothing is known */
}

size_t memory_available(void) {
    static const char file[] = "/proc/meminfo";
    uint64_t free_bytes = 1024 * (line_of(file, "MemAvailable: %llu kB") +
                                  line_of(file, "SwapFree: %llu kB")),
             container = container_limit();
    return (size_t)(container < free_bytes ? container : free_bytes);
}

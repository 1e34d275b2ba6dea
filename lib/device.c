/* device.c: which places to compute there are, and which is the fastest. */
#include <string.h>

#include "device.h"

/* The CPU kernels exist once per instruction set (see Makefile), weakest first. */
#if defined(__x86_64__)
extern const P2cDevice p2c_cpu_device_v2, p2c_cpu_device_v3, p2c_cpu_device_v4;
static const P2cDevice *const cpus[] = { &p2c_cpu_device_v2, &p2c_cpu_device_v3, &p2c_cpu_device_v4 };

int p2c_cpu_device_count(void) {
    __builtin_cpu_init();
    bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
              __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    return v4 ? 3 : v3 ? 2 : 1;
}
#else
extern const P2cDevice p2c_cpu_device_base;
static const P2cDevice *const cpus[] = { &p2c_cpu_device_base };

int p2c_cpu_device_count(void) { return 1; }
#endif

const P2cDevice *p2c_cpu_device_at(int level) { return cpus[level]; }

const P2cDevice *p2c_device_find(const char *name) {
    bool cpu = !strcmp(name, "cpu") || !strcmp(name, "auto");
    return cpu ? cpus[p2c_cpu_device_count() - 1] : NULL;
}

bool p2c_device_is_host(const P2cDevice *device) {
    for (size_t i = 0; i < sizeof cpus / sizeof *cpus; i++)
        if (device == cpus[i]) return true;
    return false;
}

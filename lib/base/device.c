/* device.c: lists the devices of this build and picks the fastest one. */
#include <stdlib.h>
#include <string.h>

#include "device.h"

/* The CPU kernels exist once per instruction set (see Makefile), weakest first. */
#if defined(__x86_64__)
extern const P2cDevice p2c_cpu_device_v2, p2c_cpu_device_v3, p2c_cpu_device_v4;
static const P2cDevice *const cpus[] = { &p2c_cpu_device_v2, &p2c_cpu_device_v3,
                                         &p2c_cpu_device_v4 };

int p2c_cpu_device_count(void) {
    __builtin_cpu_init();
    bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
              __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
              __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
              __builtin_cpu_supports("avx512vl");
    return v4 ? 3 : v3 ? 2 : 1;
}
#else
extern const P2cDevice p2c_cpu_device_base;
static const P2cDevice *const cpus[] = { &p2c_cpu_device_base };

int p2c_cpu_device_count(void) { return 1; }
#endif

const P2cDevice *p2c_cpu_device_at(int level) { return cpus[level]; }

/* The one place that knows whether a build has CUDA. */
#ifdef P2C_CUDA
extern const P2cDevice p2c_cuda_device;
int p2c_cuda_device_count(void); /* 0: none, or no driver */
static const P2cDevice *const cuda = &p2c_cuda_device;
const char *p2c_device_names(void) { return "cpu, cuda, cuda:N, auto"; }
#else
static const P2cDevice *const cuda = NULL;
static int p2c_cuda_device_count(void) { return 0; }
const char *p2c_device_names(void) { return "cpu, auto"; }
#endif

/* The number in a device's name: "cuda:3" gives 3, "cuda" gives 0, any other name -1. */
static int cuda_index(const char *name) {
    if (strncmp(name, "cuda", 4)) return -1;
    if (!name[4]) return 0;
    char *end;
    long index =
        name[4] == ':' && name[5] >= '0' && name[5] <= '9' ? strtol(name + 5, &end, 10) : -1;
    return index >= 0 && index < 1000 && !*end ? (int)index : -1;
}

const P2cDevice *p2c_device_find(const char *name, int *index) {
    bool automatic = !strcmp(name, "auto");
    *index = cuda_index(name);
    if (cuda && *index >= 0) return cuda;
    *index = 0;
    if (automatic && p2c_cuda_device_count()) return cuda;
    return automatic || !strcmp(name, "cpu") ? cpus[p2c_cpu_device_count() - 1] : NULL;
}

P2cStatus p2c_device_take(P2cContext *ctx, const char *what, size_t bytes, void **memory) {
    double mib = 1 << 20;
    int name = (int)strcspn(ctx->device_name, ","); /* the part before the comma of "cuda:0, ..." */
    if ((*memory = ctx->device->alloc(ctx, bytes))) {
        ctx->device_bytes += bytes;
        return P2C_OK;
    }
    /* a device that has failed also gives no memory; wait returns the true reason */
    P2cStatus status = ctx->device->wait(ctx);
    if (status) return status;
    size_t available = ctx->device->free_bytes(ctx);
    if (!available)
        return p2c_fail(ctx, P2C_ERR_MEMORY, "out of memory: %s needs %.1f MiB on %.*s", what,
                        (double)bytes / mib, name, ctx->device_name);
    return p2c_fail(ctx, P2C_ERR_MEMORY,
                    "out of memory: %s needs %.1f MiB on %.*s, where %.1f MiB are free", what,
                    (double)bytes / mib, name, ctx->device_name, (double)available / mib);
}

void p2c_device_give(P2cContext *ctx, void *memory, size_t bytes) {
    if (memory) ctx->device_bytes -= bytes;
    ctx->device->free(ctx, memory);
}

bool p2c_device_is_host(const P2cDevice *device) {
    for (size_t i = 0; i < sizeof cpus / sizeof *cpus; i++)
        if (device == cpus[i]) return true;
    return false;
}

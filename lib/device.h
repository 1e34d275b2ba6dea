/* device.h: what the graph needs of a place that computes: memory, transfers, and one kernel per operation. */
#ifndef P2C_DEVICE_H
#define P2C_DEVICE_H

#include "op.h"

typedef struct P2cDevice {
    const char *name;  /* "cpu" */
    const char *detail;/* what of it is used, such as "AVX-512" */
    void (*start)(void); /* once per context */
    void *(*alloc)(size_t bytes); /* 64-byte aligned, zeroed; NULL: none left */
    void (*free)(void *memory);
    void (*upload)(void *to, const void *from, size_t bytes);
    void (*download)(void *to, const void *from, size_t bytes);
    void (*fill)(float *to, size_t count, float value, int threads);
    const P2cKernel *const *kernels; /* by P2cOpId */
} P2cDevice;

/* The device of that name, or NULL; "auto" is the fastest present. */
const P2cDevice *p2c_device_find(const char *name);

/* Its memory is the host's: what alloc gave may be read without download. */
bool p2c_device_is_host(const P2cDevice *device);

/* The CPU, once per instruction set that this processor has; level 0 is the weakest, the last the fastest. */
int p2c_cpu_device_count(void);
const P2cDevice *p2c_cpu_device_at(int level);

#endif

/* device.c: the CPU as a device: memory, and the table of kernels of this instruction set. */
#include <cblas.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/device.h"
#include "cpu.h"

extern const P2cDevice P2C_CPU(device);

static const P2cKernel *const kernels[] = {
#define P2C_OP(name) [P2C_OP_##name] = &P2C_CPU(name),
#include "../../lib/op_list.h"
};

/* Our threads are outside the matrix products. */
static void start(void) { openblas_set_num_threads(1); }

enum { ALIGN = 64 };

/* By calloc, which takes large blocks from the system as zeros: an arena costs no memory before a run touches it. In front of what is
 * returned stands where its block begins. */
static void *alloc(size_t bytes) {
    char *block = bytes < SIZE_MAX - ALIGN ? calloc(1, bytes + ALIGN) : NULL;
    if (!block) return NULL;
    void *memory = block + ALIGN - (uintptr_t)block % ALIGN; /* 16 or more further on, since malloc's blocks begin at multiples of 16 */
    ((void **)memory)[-1] = block;
    return memory;
}

static void release(void *memory) {
    if (memory) free(((void **)memory)[-1]);
}

static void copy(void *to, const void *from, size_t bytes) { memcpy(to, from, bytes); }

static void fill(float *to, size_t count, float value, int threads) {
#pragma omp parallel for num_threads(count < WORTH_THREADS ? 1 : threads) schedule(static)
    for (size_t i = 0; i < count; i++) to[i] = value;
}

const P2cDevice P2C_CPU(device) = {
    .name = "cpu",
#if defined(__AVX512F__)
    .detail = "AVX-512",
#elif defined(__AVX2__)
    .detail = "AVX2",
#elif defined(__SSE4_2__)
    .detail = "SSE4.2",
#else
    .detail = "portable",
#endif
    .start = start,
    .alloc = alloc,
    .free = release,
    .upload = copy,
    .download = copy,
    .fill = fill,
    .kernels = kernels,
};

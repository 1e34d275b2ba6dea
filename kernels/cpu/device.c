/* device.c: the CPU as a device: memory, and the table of kernels for this instruction set. */
#ifdef P2C_OPENBLAS
#include <cblas.h>
#endif
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/device.h"
#include "cpu.h"

extern const P2cDevice P2C_CPU(device);

static const P2cKernel *const kernels[] = {
#define P2C_OP(name) [P2C_OP_##name] = &P2C_CPU(name),
#include "op/op_list.h"
};

enum { ALIGN = 64 };

/* Uses calloc, which takes large blocks from the system as zeros, so that an arena costs no memory
 * before a run touches it. The pointer before the returned memory is the start of the block. */
static void *alloc(P2cContext *ctx, size_t bytes) {
    (void)ctx;
    char *block = bytes < SIZE_MAX - ALIGN ? calloc(1, bytes + ALIGN) : NULL;
    if (!block) return NULL;
    /* at least 16 bytes further, because malloc's blocks begin at multiples of 16 */
    void *memory = block + ALIGN - (uintptr_t)block % ALIGN;
    ((void **)memory)[-1] = block;
    return memory;
}

static void release(P2cContext *ctx, void *memory) {
    (void)ctx;
    if (memory) free(((void **)memory)[-1]);
}

static P2cStatus copy(P2cContext *ctx, void *to, const void *from, size_t bytes) {
    (void)ctx;
    memcpy(to, from, bytes);
    return P2C_OK;
}

static size_t free_bytes(P2cContext *ctx) { return (void)ctx, 0; }

static void fill(P2cContext *ctx, float *to, size_t count, float value) {
    P2cTeam *outer = p2c_team_enter(ctx->team);
#pragma omp parallel for num_threads(count < WORTH_THREADS ? 1 : ctx->threads) schedule(static)
    for (size_t i = 0; i < count; i++) to[i] = value;
    p2c_team_enter(outer);
}

static P2cStatus run(P2cContext *ctx, P2cRecording *recording) {
    P2cTeam *outer = p2c_team_enter(ctx->team);
    recording->issue(recording->of);
    p2c_team_enter(outer);
    return P2C_OK;
}

static P2cStatus time_issues(P2cContext *ctx, void (*issue)(void *of), void *of, int repeats,
                             double *ms) {
    P2cTeam *outer = p2c_team_enter(ctx->team);
    double start = p2c_clock_ms();
    for (int i = 0; i < repeats; i++) issue(of);
    *ms = (p2c_clock_ms() - start) / repeats;
    p2c_team_enter(outer);
    return P2C_OK;
}

static P2cStatus done(P2cContext *ctx) { return (void)ctx, P2C_OK; }
static void destroy_recording(P2cContext *ctx, P2cRecording *recording) {
    (void)ctx, (void)recording;
}
static void close_nothing(P2cContext *ctx) { (void)ctx; }

static P2cStatus open_cpu(P2cContext *ctx, int index) {
    (void)index;
#ifdef P2C_OPENBLAS
    openblas_set_num_threads(1); /* the kernels use several threads around the products */
#endif
    snprintf(ctx->device_name, sizeof ctx->device_name, "cpu, %s, %d thread%s",
             P2C_CPU(device).detail, ctx->threads, ctx->threads == 1 ? "" : "s");
    return P2C_OK;
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
    .open = open_cpu,
    .close = close_nothing,
    .alloc = alloc,
    .free = release,
    .alloc_host = alloc,
    .free_host = release,
    .free_bytes = free_bytes,
    .upload = copy,
    .download = copy,
    .fill = fill,
    .run = run,
    .wait = done,
    .streams = 1,
    .destroy_recording = destroy_recording,
    .time = time_issues,
    .kernels = kernels,
};

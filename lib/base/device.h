/* device.h: what the graph needs of a device: memory, transfers, and one kernel per operation.
 *
 * A device may have its own memory and work asynchronously: calls are queued and run later, in
 * order. Only calls that bring values back wait. An asynchronous failure is returned by the next
 * call that waits, or by any later one; the context's error then names the device. */
#ifndef P2C_DEVICE_H
#define P2C_DEVICE_H

#include "context.h"
#include "op/op.h"

#ifdef __cplusplus
extern "C" {
#endif

/* what a context has open on a device; each device defines its own */
typedef struct P2cQueue P2cQueue;

/* A sequence of kernel calls that is repeated without change, so that a device may record it once
 * and replay it. */
typedef struct P2cRecording {
    void (*issue)(void *of); /* calls all kernels, in order */
    void *of;
    /* Values that travel with every run: `there` is the device's memory, `here` pinned memory of
     * the host. Both are NULL when there are none. */
    void *there, *here;
    /* Before a run the first `to` bytes are copied to the device; after it all `bytes` come
     * back. */
    size_t to, bytes;
    void *captured;
    /* number of runs so far; `captured` is the device's own record, NULL until it has one */
    int runs;
} P2cRecording;

enum { P2C_MAX_STREAMS = 4 };

typedef struct P2cDevice {
    const char *name;   /* "cpu", "cuda" */
    const char *detail; /* the part of the device that is used, such as "AVX-512" */
    /* Opens the device for a context: sets ctx->queue and ctx->device_name. index says which one of
     * several. */
    P2cStatus (*open)(P2cContext *ctx, int index);
    void (*close)(P2cContext *ctx);
    /* 64-byte aligned, zeroed; NULL when memory is exhausted */
    void *(*alloc)(P2cContext *ctx, size_t bytes);
    void (*free)(P2cContext *ctx, void *memory);
    /* Zeroed memory of the host from which the device transfers without an extra copy. */
    void *(*alloc_host)(P2cContext *ctx, size_t bytes);
    void (*free_host)(P2cContext *ctx, void *memory);
    size_t (*free_bytes)(P2cContext *ctx); /* bytes that alloc may still give; 0: not known */
    /* When upload returns, the caller may change `from`. download first waits for all earlier
     * work. */
    P2cStatus (*upload)(P2cContext *ctx, void *to, const void *from, size_t bytes);
    P2cStatus (*download)(P2cContext *ctx, void *to, const void *from, size_t bytes);
    void (*fill)(P2cContext *ctx, float *to, size_t count, float value);
    P2cStatus (*run)(P2cContext *ctx, P2cRecording *recording);
    P2cStatus (*wait)(P2cContext *ctx); /* waits until all work is done */
    /* Used while a recording is issued. streams: how many run side by side; if 1, the two functions
     * below are NULL. enter_stream: later kernels go into `stream` and wait for the events whose
     * numbers are in `waits` (one per stream, -1 for none). record_event: the event of that number
     * stands for everything in the current stream so far. */
    int streams;
    void (*enter_stream)(P2cContext *ctx, int stream, const int waits[P2C_MAX_STREAMS]);
    void (*record_event)(P2cContext *ctx, int event);
    void (*destroy_recording)(P2cContext *ctx, P2cRecording *recording);
    /* Measures the mean time of one `issue` over `repeats` calls in a row. */
    P2cStatus (*time)(P2cContext *ctx, void (*issue)(void *of), void *of, int repeats, double *ms);
    const P2cKernel *const *kernels; /* by P2cOpId */
} P2cDevice;

/* Finds the device with the name "cpu", "cuda", "cuda:1" or "auto" (the fastest present). Returns
 * NULL when this build has no such device, which never happens for "auto". *index says which of
 * several. */
const P2cDevice *p2c_device_find(const char *name, int *index);
/* The names that p2c_device_find accepts in this build, as "cpu, auto". */
const char *p2c_device_names(void);

/* Counted versions of alloc and free. A failure names `what` the memory was for and how much the
 * device has left; *memory is NULL then. */
P2cStatus p2c_device_take(P2cContext *ctx, const char *what, size_t bytes, void **memory);
void p2c_device_give(P2cContext *ctx, void *memory, size_t bytes);

/* True when the device's memory is the host's: it may be read without download. */
bool p2c_device_is_host(const P2cDevice *device);

/* The CPU device, once per instruction set that this processor has. Level 0 is the weakest, the
 * last the fastest. */
int p2c_cpu_device_count(void);
const P2cDevice *p2c_cpu_device_at(int level);

#ifdef __cplusplus
}
#endif
#endif

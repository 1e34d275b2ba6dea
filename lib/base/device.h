/* device.h: what the graph needs of a place that computes: memory, transfers, and one kernel per
 * operation.
 *
 * A device may be another machine than the host, one that works through a queue: what is asked for
 * is done later, in order. Only what brings values back waits. Its failures show there, or at
 * whatever is asked next, and name the device in the context's error. */
#ifndef P2C_DEVICE_H
#define P2C_DEVICE_H

#include "context.h"
#include "op/op.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct P2cQueue P2cQueue; /* what a context has open on a device; the device's own */

/* Work that is asked for again and again, the same every time, so that a device may record it the
 * first time. */
typedef struct P2cRecording {
    void (*issue)(void *of); /* calls all kernels, in order */
    void *of;
    /* values that travel: the device's memory, and pinned memory of the host; NULL: none */
    void *there, *here;
    /* before a run the first `to` bytes go there; after it all come back */
    size_t to, bytes;
    void *captured;
    int runs; /* the device's own; NULL: not yet */
} P2cRecording;

enum { P2C_MAX_STREAMS = 4 };

typedef struct P2cDevice {
    const char *name;   /* "cpu", "cuda" */
    const char *detail; /* what of it is used, such as "AVX-512" */
    /* Opens the device for a context: sets ctx->queue and ctx->device_name. index: which one, where
     * there are several. */
    P2cStatus (*open)(P2cContext *ctx, int index);
    void (*close)(P2cContext *ctx);
    void *(*alloc)(P2cContext *ctx, size_t bytes); /* 64-byte aligned, zeroed; NULL: none left */
    void (*free)(P2cContext *ctx, void *memory);
    /* memory of the host that transfers need not copy; zeroed */
    void *(*alloc_host)(P2cContext *ctx, size_t bytes);
    void (*free_host)(P2cContext *ctx, void *memory);
    size_t (*free_bytes)(P2cContext *ctx); /* bytes that alloc may still give; 0: not known */
    /* `from` is the caller's again when upload returns; download waits for all that was asked
     * before. */
    P2cStatus (*upload)(P2cContext *ctx, void *to, const void *from, size_t bytes);
    P2cStatus (*download)(P2cContext *ctx, void *to, const void *from, size_t bytes);
    void (*fill)(P2cContext *ctx, float *to, size_t count, float value);
    P2cStatus (*run)(P2cContext *ctx, P2cRecording *recording);
    P2cStatus (*wait)(P2cContext *ctx); /* until all is done */
    /* While a recording is issued. streams: how many run side by side; 1: the two functions below
     * are NULL. enter_stream: kernels go into `stream` from now on. They wait for the events whose
     * numbers are in `waits` (one for each stream, -1: none). record_event: the event of that
     * number stands for everything in the current stream so far. */
    int streams;
    void (*enter_stream)(P2cContext *ctx, int stream, const int waits[P2C_MAX_STREAMS]);
    void (*record_event)(P2cContext *ctx, int event);
    void (*destroy_recording)(P2cContext *ctx, P2cRecording *recording);
    /* The mean time of one `issue`, of so many that follow each other. */
    P2cStatus (*time)(P2cContext *ctx, void (*issue)(void *of), void *of, int repeats, double *ms);
    const P2cKernel *const *kernels; /* by P2cOpId */
} P2cDevice;

/* The device of that name, "cpu", "cuda", "cuda:1" or "auto", the fastest present. NULL: this build
 * knows none, or ("auto" never) it is not one. *index: which of its kind. */
const P2cDevice *p2c_device_find(const char *name, int *index);
/* "cpu, auto": what p2c_device_find knows in this build. */
const char *p2c_device_names(void);

/* alloc and free, counted; a failure names `what` it was for, and what the device has left. *memory
 * is NULL then. */
P2cStatus p2c_device_take(P2cContext *ctx, const char *what, size_t bytes, void **memory);
void p2c_device_give(P2cContext *ctx, void *memory, size_t bytes);

/* Its memory is the host's: what alloc gave may be read without download. */
bool p2c_device_is_host(const P2cDevice *device);

/* The CPU, once per instruction set that this processor has; level 0 is the weakest, the last the
 * fastest. */
int p2c_cpu_device_count(void);
const P2cDevice *p2c_cpu_device_at(int level);

#ifdef __cplusplus
}
#endif
#endif

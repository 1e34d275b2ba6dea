/* context.h: the context that every fallible function gets. It says where to compute and takes the
 * error text. */
#ifndef P2C_CONTEXT_H
#define P2C_CONTEXT_H

#include "p2cnn.h"

#ifdef __cplusplus
extern "C" {
#endif

struct P2cContext {
    const struct P2cDevice *device;
    struct P2cQueue *queue; /* opaque: only the device knows its fields */
    /* the graph that the device was asked to run and that nobody has waited for; NULL on the
     * host */
    P2cGraph *running;
    int threads;
    struct P2cTeam *team; /* of so many threads; NULL: loops are the calling thread's */
    P2cPrecision precision;
    bool exact_convolutions;
    size_t device_bytes; /* taken by p2c_device_take */
    char device_name[160];
    char error[1024];
};

/* Stores one line of text and returns `status`, so that a failure reads `return p2c_fail(ctx,
 * P2C_ERR_READ, "...", ...)`. ctx may be NULL (the text is lost). */
P2cStatus p2c_fail(P2cContext *ctx, P2cStatus status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Stores "out of memory: <what> needs <n> MiB". */
P2cStatus p2c_fail_memory(P2cContext *ctx, const char *what, size_t bytes);

#ifdef __cplusplus
}
#endif
#endif

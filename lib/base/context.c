/* context.c: a context holds a device, a number of threads and one line about the newest
 * failure. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "context.h"
#include "cores.h"
#include "device.h"
#include "team.h"

enum { MAX_THREADS = 256 };

P2cStatus p2c_context_new(P2cContext **out, const char *device, int threads) {
    P2cContext *ctx = *out = calloc(1, sizeof *ctx);
    if (!ctx) return P2C_ERR_MEMORY;
    if (threads < 0 || threads > MAX_THREADS)
        return p2c_fail(ctx, P2C_ERR_ARGUMENT, "threads: %d is outside 0 to %d (0: one per core)",
                        threads, MAX_THREADS);
    ctx->threads = threads                          ? threads
                   : p2c_core_count() < MAX_THREADS ? p2c_core_count()
                                                    : MAX_THREADS;
    ctx->team = p2c_team_new(ctx->threads);
    if (!ctx->team) return p2c_fail_memory(ctx, "a team of threads", (size_t)ctx->threads);
    const char *exact = getenv("P2C_CONV_EXACT");
    ctx->exact_convolutions = exact && *exact && strcmp(exact, "0");
    int index = 0;
    const P2cDevice *found = p2c_device_find(device, &index);
    if (!found)
        return p2c_fail(ctx, P2C_ERR_DEVICE, "device '%s' is not known; this build has: %s", device,
                        p2c_device_names());
    P2cStatus status = found->open(ctx, index);
    if (status == P2C_OK) ctx->device = found;
    return status;
}

const char *p2c_precision_name(P2cPrecision precision) {
    static const char *const names[] = {
        [P2C_PRECISION_FP32] = "fp32", [P2C_PRECISION_TF32] = "tf32", [P2C_PRECISION_BF16] = "bf16"
    };
    return names[precision];
}

P2cStatus p2c_context_set_precision(P2cContext *ctx, P2cPrecision precision) {
    if (precision != P2C_PRECISION_FP32 && p2c_device_is_host(ctx->device))
        return p2c_fail(ctx, P2C_ERR_ARGUMENT, "precision %s: the CPU computes only in fp32",
                        p2c_precision_name(precision));
    ctx->precision = precision;
    return P2C_OK;
}

void p2c_context_set_exact_convolutions(P2cContext *ctx, bool exact) {
    ctx->exact_convolutions = exact;
}
bool p2c_context_exact_convolutions(const P2cContext *ctx) { return ctx->exact_convolutions; }

P2cPrecision p2c_context_precision(const P2cContext *ctx) { return ctx->precision; }
size_t p2c_device_memory_free(const P2cContext *ctx) {
    return ctx->device->free_bytes((P2cContext *)ctx);
}
size_t p2c_device_memory_used(const P2cContext *ctx) {
    return p2c_device_is_host(ctx->device) ? 0 : ctx->device_bytes;
}

void p2c_context_free(P2cContext **ctx) {
    if (!*ctx) return;
    if ((*ctx)->device) (*ctx)->device->close(*ctx);
    p2c_team_free(&(*ctx)->team);
    free(*ctx);
    *ctx = NULL;
}

const char *p2c_error(const P2cContext *ctx) { return ctx ? ctx->error : "out of memory"; }
const char *p2c_device_name(const P2cContext *ctx) { return ctx->device_name; }
int p2c_thread_count(const P2cContext *ctx) { return ctx->threads; }
const char *p2c_version(void) { return P2C_VERSION; }

int p2c_exit_code(P2cStatus status) {
    static const int codes[] = {
        [P2C_OK] = 0,         [P2C_ERR_ARGUMENT] = 2, [P2C_ERR_SHAPE] = 3,  [P2C_ERR_READ] = 3,
        [P2C_ERR_FORMAT] = 3, [P2C_ERR_WRITE] = 4,    [P2C_ERR_MEMORY] = 5, [P2C_ERR_DEVICE] = 6
    };
    return codes[status];
}

P2cStatus p2c_fail(P2cContext *ctx, P2cStatus status, const char *format, ...) {
    if (!ctx) return status;
    va_list args;
    va_start(args, format);
    char text[sizeof ctx->error]; /* a copy, because an argument may point into the old text */
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    memcpy(ctx->error, text, sizeof text);
    for (char *c = ctx->error; *c; c++)
        /* file names may hold line breaks, but the text must stay one line */
        if ((unsigned char)*c < ' ') *c = ' ';
    return status;
}

P2cStatus p2c_fail_memory(P2cContext *ctx, const char *what, size_t bytes) {
    return p2c_fail(ctx, P2C_ERR_MEMORY, "out of memory: %s needs %.1f MiB", what,
                    (double)bytes / (1 << 20));
}

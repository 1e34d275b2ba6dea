/* p2cnn_base.h: what every part of libp2cnn needs: its version, statuses, and the context. Programs
 * include p2cnn.h, p2cnn_graph.h or p2cnn_files.h, which include this.
 */
#ifndef P2CNN_BASE_H
#define P2CNN_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of these headers: as numbers, and as text, "0.1.0". p2c_version() is that of the
 * library which the program runs with. */
#define P2C_VERSION_MAJOR 0
#define P2C_VERSION_MINOR 1
#define P2C_VERSION_PATCH 0
#define P2C_VERSION \
    P2C_QUOTE(P2C_VERSION_MAJOR) "." P2C_QUOTE(P2C_VERSION_MINOR) "." P2C_QUOTE(P2C_VERSION_PATCH)
#define P2C_QUOTE(macro) P2C_QUOTE_TOKEN(macro)
#define P2C_QUOTE_TOKEN(token) #token

#if defined(__GNUC__)
#define P2C_API __attribute__((visibility("default")))
#define P2C_CHECKED __attribute__((warn_unused_result))
#else
#define P2C_API
#define P2C_CHECKED
#endif

/* ---- status ---------------------------------------------------------------------------------- */

typedef enum P2cStatus {
    P2C_OK = 0,
    P2C_ERR_ARGUMENT, /* an option or value outside what the call accepts */
    P2C_ERR_SHAPE,    /* tensors or weights that do not fit together */
    P2C_ERR_READ,     /* a file that is not there or cannot be read */
    P2C_ERR_FORMAT,   /* a file that is damaged, or is not what it should be */
    P2C_ERR_WRITE,    /* no room, no permission, no such folder */
    P2C_ERR_MEMORY,
    P2C_ERR_DEVICE, /* no such device, or it failed */
} P2cStatus;

/* What a program should exit with: 0 ok, 2 usage, 3 bad input, 4 write or disk, 5 memory, 6
 * device. */
P2C_API int p2c_exit_code(P2cStatus status);
P2C_API const char *p2c_version(void);

/* ---- context: a device, a number of threads, the last error ---------------------------------- */

typedef struct P2cContext P2cContext;

/* device: "cpu", "cuda" or "cuda:N" (an NVIDIA GPU, in builds that have CUDA), or "auto" (the
 * fastest there is). threads: 0 for one per core. *ctx is set even on failure, so that p2c_error
 * can say why (NULL only when memory is out); free it in either case. Graphs, stores and
 * cartoonizers must be freed before their context. On the CPU the threads are OpenMP's, and
 * OpenBLAS is set to one thread for the whole process, since it runs inside them. */
P2C_API P2C_CHECKED P2cStatus p2c_context_new(P2cContext **ctx, const char *device, int threads);
P2C_API void p2c_context_free(P2cContext **ctx);
/* One line about the newest failure: what, where, expected, got. Borrowed; valid until the next
 * failure. */
P2C_API const char *p2c_error(const P2cContext *ctx);
/* For people, such as "cpu, AVX-512, 2 threads". Borrowed from the context. */
P2C_API const char *p2c_device_name(const P2cContext *ctx);
P2C_API int p2c_thread_count(const P2cContext *ctx);

/* How convolutions multiply; sums, weights, statistics and all else are float32 in every case. Set
 * it before a graph is finished. The CPU has FP32 alone; a GPU starts with TF32, as PyTorch's
 * convolutions do. */
typedef enum P2cPrecision {
    P2C_PRECISION_FP32,
    P2C_PRECISION_TF32, /* factors rounded to 10 bits of mantissa */
    P2C_PRECISION_BF16, /* factors rounded to bfloat16, 7 bits */
} P2cPrecision;
P2C_API P2C_CHECKED P2cStatus p2c_context_set_precision(P2cContext *ctx, P2cPrecision precision);
P2C_API P2cPrecision p2c_context_precision(const P2cContext *ctx);
P2C_API const char *p2c_precision_name(P2cPrecision precision); /* "fp32", "tf32", "bf16" */

/* A GPU's own memory, in bytes; both are 0 on the CPU. Free: what it has left for everybody (0 also
 * where that is not known); used: what the graphs and stores of this context hold. */
P2C_API size_t p2c_device_memory_free(const P2cContext *ctx);
P2C_API size_t p2c_device_memory_used(const P2cContext *ctx);

#ifdef __cplusplus
}
#endif
#endif

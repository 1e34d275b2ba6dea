/* p2cnn_base.h: what every part of libp2cnn needs: the version, statuses and errors, the context.
 * p2cnn.h, p2cnn_graph.h and p2cnn_files.h include it, so that a program need not.
 *
 * Rules that hold in all of these headers:
 *
 *   Errors      What can go wrong in the world (files, memory, shapes, devices) makes a call return
 *               a P2cStatus other than P2C_OK, and leaves one line of text in the context, which
 *               p2c_error returns. What only a mistake in the program can cause (NULL where an
 *               object is due, running a graph that is not finished) is an assertion.
 *   Ownership   What p2c_X_new or p2c_X_open makes, p2c_X_free or p2c_X_close frees. These take
 *               the address of a pointer and set it to NULL; a NULL pointer there is allowed.
 *               What a call puts into a struct of the caller, p2c_X_clear frees. Pointers that a
 *               comment calls borrowed are not to be freed: they are valid as long as the object
 *               that they were asked of.
 *   Threads     Objects of one context are used by one thread at a time. Two contexts are
 *               independent. The library keeps no global state, never prints and never exits.
 *   Memory      Tensors are float32, row-major, batch first: (n, c, h, w). Arrays that the caller
 *               passes are contiguous and in the memory of the host, whatever the device is.
 *
 * Structs of options. Start from zeros and set what you need: a field that is zero has its default.
 * The comment beside a field says which one that is, and says "required" where there is none.
 *
 *     p2c_conv2d(x, w, b, (P2cConv2d){ .pad = 1 });                     C
 *     p2c_conv2d(x, w, b, { .pad = 1 });                                C++20 (g++ -Wextra warns)
 *     P2cConv2d same = {};  same.pad = 1;  p2c_conv2d(x, w, b, same);   C++17, no warning
 *
 * Compatibility. In later versions structs may get new fields. They come at the end, and zero in
 * them means what happened before they were there: so a source that starts from zeros goes on
 * compiling, and goes on doing the same. A compiled program, however, has the sizes of structs in
 * it. So the name of the shared library carries a number, P2C_ABI: libp2cnn.so.0. Libraries of one
 * number can replace each other: functions and constants are only added, structs keep their size
 * and the places of their fields. A version that breaks this has a new number. Before version 1.0,
 * every 0.N may be such a version; a 0.N.P never is.
 */
#ifndef P2CNN_BASE_H
#define P2CNN_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* P2C_API: a function of the shared library. P2C_CHECKED: compilers warn when its status is
 * ignored. P2C_PRINTF: compilers check its arguments against its format, as those of printf. */
#if defined(__GNUC__)
#define P2C_API __attribute__((visibility("default")))
#define P2C_CHECKED __attribute__((warn_unused_result))
#define P2C_PRINTF(at, first) __attribute__((format(printf, at, first)))
#else
#define P2C_API
#define P2C_CHECKED
#define P2C_PRINTF(at, first)
#endif

/* ---- version --------------------------------------------------------------------------------- */

/* The version of these headers, as numbers and as text, "0.1.0". */
#define P2C_VERSION_MAJOR 0
#define P2C_VERSION_MINOR 1
#define P2C_VERSION_PATCH 0
#define P2C_VERSION \
    P2C_QUOTE(P2C_VERSION_MAJOR) "." P2C_QUOTE(P2C_VERSION_MINOR) "." P2C_QUOTE(P2C_VERSION_PATCH)
#define P2C_QUOTE(macro) P2C_QUOTE_TOKEN(macro)
#define P2C_QUOTE_TOKEN(token) #token

/* The number in the shared library's name, see "Compatibility" above. */
#define P2C_ABI 0

/* The version of the library that the program runs with, as text. Never fails; a constant. */
P2C_API const char *p2c_version(void);

/* ---- status ---------------------------------------------------------------------------------- */

typedef enum P2cStatus {
    P2C_OK = 0,
    P2C_ERR_ARGUMENT, /* an option or value outside what the call accepts */
    P2C_ERR_SHAPE,    /* tensors or weights that do not fit together */
    P2C_ERR_READ,     /* a file that is not there or cannot be read */
    P2C_ERR_FORMAT,   /* a file that is damaged, or is not what it should be */
    P2C_ERR_WRITE,    /* a file that cannot be written: no space, no permission, no such folder */
    P2C_ERR_MEMORY,   /* out of memory, of the host or of the device */
    P2C_ERR_DEVICE,   /* no such device, or it failed */
} P2cStatus;

/* What a program should exit with: 0 ok, 2 usage (ARGUMENT), 3 bad input (SHAPE, READ, FORMAT),
 * 4 WRITE, 5 MEMORY, 6 DEVICE. */
P2C_API int p2c_exit_code(P2cStatus status);

/* ---- context: a device, a number of threads, the newest error -------------------------------- */

typedef struct P2cContext P2cContext;

/* Makes a context. device: "cpu", "cuda" or "cuda:N" (an NVIDIA GPU, in builds with CUDA=1), or
 * "auto" (a GPU where there is one, else the CPU). threads: 1 to 256, 0 for one per core
 * that this process may use. Fails
 * with P2C_ERR_ARGUMENT (threads), P2C_ERR_DEVICE or P2C_ERR_MEMORY. *ctx is set even then, so that
 * p2c_error can say why (it is NULL only when memory is out): free it in either case.
 *
 * Threads are the context's own. They start with the first work that is worth them, sleep while
 * there is none, and end with the context. Builds with BLAS=openblas set OpenBLAS to one thread for
 * the whole process, because it is called inside them. */
P2C_API P2C_CHECKED P2cStatus p2c_context_new(P2cContext **ctx, const char *device, int threads);
/* Whatever was made with the context must be freed before. */
P2C_API void p2c_context_free(P2cContext **ctx);

/* One line about the newest failure: what, where, what was expected, what was found. Borrowed, and
 * valid until the next failure. Empty when nothing has failed; ctx NULL: "out of memory". */
P2C_API const char *p2c_error(const P2cContext *ctx);

/* The device for people to read, such as "cpu, AVX-512, 2 threads". Borrowed. */
P2C_API const char *p2c_device_name(const P2cContext *ctx);
P2C_API int p2c_thread_count(const P2cContext *ctx);

/* A GPU's memory in bytes; both are 0 on the CPU. free: what it has left for everybody (0 also
 * where that cannot be found out). used: what the graphs and stores of this context hold. */
P2C_API size_t p2c_device_memory_free(const P2cContext *ctx);
P2C_API size_t p2c_device_memory_used(const P2cContext *ctx);

/* How convolutions round the two factors of their products. Sums, weights, statistics and all other
 * operations are float32 in every case. */
typedef enum P2cPrecision {
    P2C_PRECISION_FP32, /* not at all: the only one of the CPU */
    P2C_PRECISION_TF32, /* to 10 bits of mantissa: what a GPU starts with, as in PyTorch */
    P2C_PRECISION_BF16, /* to bfloat16, 7 bits of mantissa */
} P2cPrecision;

/* Set it before a graph is finished. Fails with P2C_ERR_ARGUMENT on the CPU, unless it is FP32. */
P2C_API P2C_CHECKED P2cStatus p2c_context_set_precision(P2cContext *ctx, P2cPrecision precision);
P2C_API P2cPrecision p2c_context_precision(const P2cContext *ctx);
P2C_API const char *p2c_precision_name(P2cPrecision precision); /* "fp32", "tf32", "bf16" */

/* The CPU computes most 3x3 convolutions by Winograd's algorithm, up to three times as fast; its
 * rounding errors are about four times those of plain sums. true: plain sums, in every graph whose
 * convolutions are built from now on. A context starts with false, or with true where the
 * environment has P2C_CONV_EXACT=1. A GPU computes the same either way. */
P2C_API void p2c_context_set_exact_convolutions(P2cContext *ctx, bool exact);
P2C_API bool p2c_context_exact_convolutions(const P2cContext *ctx);

#ifdef __cplusplus
}
#endif
#endif

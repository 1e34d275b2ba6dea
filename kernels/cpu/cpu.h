/* cpu.h: what the CPU kernels share. Every file in this folder is plain C and compiled once per
 * instruction set (P2C_ISA, see Makefile). P2C_CPU(name) is the name in the current compilation,
 * such as p2c_cpu_relu_v4.
 *
 * Threads: loops over independent elements or planes are split as the team likes (base/team.h).
 * Sums that cross such a split are computed in pieces of fixed size and added in order, so that the
 * result does not depend on the number of threads. */
#ifndef P2C_CPU_H
#define P2C_CPU_H

#include "base/team.h"
#include "op/op.h"

#define P2C_CPU_PASTE(name, isa) p2c_cpu_##name##_##isa
#define P2C_CPU_EXPAND(name, isa) P2C_CPU_PASTE(name, isa)
#define P2C_CPU(name) P2C_CPU_EXPAND(name, P2C_ISA)

#define P2C_OP(name) extern const P2cKernel P2C_CPU(name);
#include "op/op_list.h"

/* A vector of floats, as wide as the instruction set allows. It uses the vector extension of GCC
 * and Clang, which compile it for any processor. */
#if defined(__AVX512F__)
enum { LANES = 16 };
#elif defined(__AVX__)
enum { LANES = 8 };
#else
enum { LANES = 4 };
#endif
typedef float Vec __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef int VecMask __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

/* For functions whose arguments are constants that shape the code, such as how many sums stay in
 * registers. */
#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* Rounds n floats up so that the next part of the scratch is aligned, too. */
static inline size_t aligned_floats(size_t n) { return (n + 15) / 16 * 16; }

static inline int min_int(int a, int b) { return a < b ? a : b; }
static inline int max_int(int a, int b) { return a > b ? a : b; }

/* Waking a second thread costs microseconds, which does not pay for fewer floats than this. */
enum { WORTH_THREADS = 1 << 14 };
static inline int threads_for(const P2cCall *call, size_t floats) {
    return floats < WORTH_THREADS ? 1 : call->threads;
}

/* ---- sums -------------------------------------------------------------------------------------
 * Sixteen running sums in float, whatever the instruction set (the compiler splits them if
 * registers are narrower), are added up in double every SUM_BLOCK elements. So sums are equally
 * exact on every processor and in every build. */

enum { WIDE = 16, SUM_BLOCK = 1024 };
typedef float Wide __attribute__((vector_size(4 * WIDE), aligned(4), may_alias));
typedef int WideMask __attribute__((vector_size(4 * WIDE), aligned(4), may_alias));

static inline Wide wide(float value) { return value - (Wide){ 0 }; }
/* value where the mask is set, else 0 */
static inline Wide wide_where(WideMask mask, Wide value) { return (Wide)((WideMask)value & mask); }

static inline double wide_total(Wide sums) {
    double total = 0;
    for (int i = 0; i < WIDE; i++) total += sums[i];
    return total;
}

static inline size_t sum_end(size_t begin, size_t n) {
    return begin + SUM_BLOCK < n ? begin + SUM_BLOCK : n;
}

static inline double sum_of(const float *x, size_t n) {
    double total = 0;
    for (size_t i = 0, end; i < n; i = end) {
        Wide sums = { 0 };
        end = sum_end(i, n);
        for (; i + WIDE <= end; i += WIDE) sums += *(const Wide *)(x + i);
        total += wide_total(sums);
        for (; i < end; i++) total += x[i];
    }
    return total;
}

/* sum (x - a) * (y - b) */
static inline double sum_of_products(const float *x, float a, const float *y, float b, size_t n) {
    double total = 0;
    for (size_t i = 0, end; i < n; i = end) {
        Wide sums = { 0 };
        end = sum_end(i, n);
        for (; i + WIDE <= end; i += WIDE)
            sums += (*(const Wide *)(x + i) - wide(a)) * (*(const Wide *)(y + i) - wide(b));
        total += wide_total(sums);
        for (; i < end; i++) total += (double)(x[i] - a) * (y[i] - b);
    }
    return total;
}

static inline double dot(const float *x, const float *y, size_t n) {
    return sum_of_products(x, 0, y, 0, n);
}

/* y += a * x */
static inline void axpy(float a, const float *x, float *y, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] += a * x[i];
}

/* ---- one number from many elements: partial sums of fixed pieces in `work`, then in order ---- */

enum { PIECE = 8192 };

static inline int piece_count(size_t elements) { return (int)((elements + PIECE - 1) / PIECE); }
static inline size_t piece_bytes(size_t elements) {
    return (size_t)piece_count(elements) * sizeof(double);
}

static inline double sum_pieces(const P2cCall *call, size_t elements,
                                double (*piece)(const P2cCall *call, size_t begin, size_t end)) {
    double *partial = call->work, total = 0;
    int pieces = piece_count(elements);
#pragma omp parallel for num_threads(threads_for(call, elements)) schedule(static)
    for (int i = 0; i < pieces; i++) {
        size_t begin = (size_t)i * PIECE, end = begin + PIECE < elements ? begin + PIECE : elements;
        partial[i] = piece(call, begin, end);
    }
    for (int i = 0; i < pieces; i++) total += partial[i];
    return total;
}

#endif

/* gemm.h: matrix products, c = a b or c += a b, by one thread: gemm.c, or OpenBLAS in builds with
 * BLAS=openblas. */
#ifndef P2C_CPU_GEMM_H
#define P2C_CPU_GEMM_H

#ifdef P2C_OPENBLAS
#include <cblas.h>
#endif

#include "cpu.h"

/* A matrix by rows, with `stride` floats from one to the next. turned: what is stored is the
 * transposed matrix. */
typedef struct GemmFactor {
    const float *values;
    int stride;
    bool turned;
} GemmFactor;

/* a (m,k), b (k,n), c (m,n) by rows; m, n and k are at least 1. */
typedef struct Gemm {
    int m, n, k;
    GemmFactor a, b;
    float *c;
    int c_stride;
    bool add; /* to c, else c is written */
} Gemm;

/* Floats of scratch of one product, a multiple of 16, which keeps several of them aligned. */
enum { GEMM_FLOATS = 256 * (256 + 48) };

/* An element of c is the sum of partial sums over at most 256 neighbouring elements of k, in order.
 * So its bits depend on k and on fused multiply-add, and on nothing else: neither on m and n, nor
 * on where c is cut into several products. */
void P2C_CPU(gemm_packed)(const Gemm *g, float *work);

/* gemm is what the kernels call. GEMM_CUTS_CHANGE_BITS: c has to be cut at fixed places. */
#ifdef P2C_OPENBLAS
enum { GEMM_CUTS_CHANGE_BITS = true };
/* With as many threads as OpenBLAS is set to, see device.c. */
static inline void gemm_openblas(const Gemm *g) {
    cblas_sgemm(CblasRowMajor, g->a.turned ? CblasTrans : CblasNoTrans,
                g->b.turned ? CblasTrans : CblasNoTrans, g->m, g->n, g->k, 1, g->a.values,
                g->a.stride, g->b.values, g->b.stride, g->add, g->c, g->c_stride);
}
static inline void gemm(const Gemm *g, float *work) {
    (void)work;
    gemm_openblas(g);
}
#else
enum { GEMM_CUTS_CHANGE_BITS = false };
static inline void gemm(const Gemm *g, float *work) { P2C_CPU(gemm_packed)(g, work); }
#endif

#endif

/* gemm.c: how fast matrix products are on one thread: bench-gemm [SECONDS]
 *
 * GFLOP/s for shapes of the training step's convolutions, by instruction set, and of OpenBLAS in
 * builds with BLAS=openblas. The best of many products, made in turns for SECONDS (1) a shape, by
 * the processor time of the thread, so that other programs disturb least. `peak` is what a loop of
 * multiplications and additions in registers reaches in the same run. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/device.h"
#ifdef __x86_64__
#define P2C_ISA v2
#else
#define P2C_ISA base
#endif
#pragma GCC diagnostic ignored "-Wpsabi" /* wide vectors are only passed between inline functions */
#include "../../kernels/cpu/gemm.h"

enum { CHAINS = 12, STEPS = 100000, PEAK_RUNS = 100, WAYS = 4 };

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- the peak: independent chains of multiplications and additions ---- */

#define PEAK(name, lanes, attributes) \
    static attributes float name(void) { \
        typedef float Lanes __attribute__((vector_size(4 * (lanes)))); \
        Lanes sums[CHAINS], total = { 0 }; \
        for (int i = 0; i < CHAINS; i++) sums[i] = (Lanes){ 0 } + (float)i; \
        for (int k = 0; k < STEPS; k++) \
            _Pragma("GCC unroll 12") for (int i = 0; i < CHAINS; i++) sums[i] = \
                sums[i] * 0.5f + 1.0f; \
        for (int i = 0; i < CHAINS; i++) total += sums[i]; \
        return total[0]; \
    }
#ifdef __x86_64__
PEAK(peak_v2, 4, )
PEAK(peak_v3, 8, __attribute__((target("avx2,fma"))))
PEAK(peak_v4, 16, __attribute__((target("avx512f"))))
#else
PEAK(peak_base, 4, )
#endif

/* ---- ways to multiply ---- */

typedef struct Way {
    const char *name;
    void (*multiply)(const Gemm *g, float *work);
    float (*peak)(void);
    int lanes; /* of peak */
    double best;
} Way;

static int list_ways(Way *ways) {
    int count = 0;
#ifdef __x86_64__
    void p2c_cpu_gemm_packed_v3(const Gemm *g, float *work);
    void p2c_cpu_gemm_packed_v4(const Gemm *g, float *work);
    const Way all[] = { { "SSE4.2", p2c_cpu_gemm_packed_v2, peak_v2, 4, 0 },
                        { "AVX2", p2c_cpu_gemm_packed_v3, peak_v3, 8, 0 },
                        { "AVX-512", p2c_cpu_gemm_packed_v4, peak_v4, 16, 0 } };
#else
    const Way all[] = { { "portable", p2c_cpu_gemm_packed_base, peak_base, 4, 0 } };
#endif
    for (; count < p2c_cpu_device_count(); count++) ways[count] = all[count];
#ifdef P2C_OPENBLAS
    openblas_set_num_threads(1);
    printf("OpenBLAS has chosen its kernels for: %s\n", openblas_get_corename());
    ways[count++] = (Way){ "OpenBLAS", gemm, NULL, 0, 0 };
#endif
    return count;
}

static double peak_of(const Way *way) {
    double best = INFINITY;
    volatile float result = 0;
    for (int i = 0; i < PEAK_RUNS; i++) {
        double start = seconds();
        result = result + way->peak();
        best = fmin(best, seconds() - start);
    }
    return 2e-9 * CHAINS * STEPS * way->lanes / best;
}

/* ---- shapes ---- */

typedef struct Shape {
    const char *what;
    int m, n, k;
    bool a_turned, b_turned, add;
} Shape;

/* Those of the discriminators, as conv2d/gemm.c cuts them for several threads and, the first, for
 * one; and a square. */
static const Shape shapes[] = {
    { "forward 4x4, 128 to 256, 31x31", 256, 961, 2048, false, false, true },
    { "forward 4x4, 128 to 256, 31x31", 64, 961, 2048, false, false, true },
    { "forward 4x4, 512 to 1024, 7x7", 64, 49, 8192, false, false, true },
    { "dx 4x4, 128 to 256, 31x31", 64, 961, 256, true, false, false },
    { "dx 4x4, 512 to 1024, 7x7", 64, 49, 1024, true, false, false },
    { "dw 4x4, 128 to 256, 31x31", 256, 64, 961, false, true, true },
    { "dw 4x4, 512 to 1024, 7x7", 1024, 64, 49, false, true, true },
    { "square", 512, 512, 512, false, false, false },
};

static float *values(size_t count) {
    float *x = aligned_alloc(64, (count * sizeof *x + 63) / 64 * 64);
    if (!x) exit(5);
    for (size_t i = 0; i < count; i++) x[i] = (float)(i * 37 % 251) / 125 - 1;
    return x;
}

static void measure(const Shape *s, Way *ways, int count, double limit) {
    float *a = values((size_t)s->m * (size_t)s->k), *b = values((size_t)s->k * (size_t)s->n),
          *c = values((size_t)s->m * (size_t)s->n), *work = values(GEMM_FLOATS);
    Gemm g = { .m = s->m,
               .n = s->n,
               .k = s->k,
               .a = { a, s->a_turned ? s->m : s->k, s->a_turned },
               .b = { b, s->b_turned ? s->k : s->n, s->b_turned },
               .c = c,
               .c_stride = s->n,
               .add = s->add };
    for (int i = 0; i < count; i++) ways[i].best = INFINITY;
    for (double begin = seconds(); seconds() - begin < limit;)
        for (int i = 0; i < count; i++) {
            double start = seconds();
            ways[i].multiply(&g, work);
            ways[i].best = fmin(ways[i].best, seconds() - start);
        }
    free(a);
    free(b);
    free(c);
    free(work);
}

int main(int argc, char **argv) {
    Way ways[WAYS];
    int count = list_ways(ways);
    printf("GFLOP/s on one thread %40s", "m x n x k");
    for (int i = 0; i < count; i++) printf("  %8s", ways[i].name);
    printf("\n%-62s", "peak");
    for (int i = 0; i < count && ways[i].peak; i++) printf("  %8.1f", peak_of(&ways[i]));
    printf("\n");
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
        const Shape *s = &shapes[k];
        measure(s, ways, count, argc > 1 ? atof(argv[1]) : 1);
        printf("%-42s %c%c  %4d x %3d x %4d", s->what, s->a_turned ? 'T' : 'N',
               s->b_turned ? 'T' : 'N', s->m, s->n, s->k);
        for (int i = 0; i < count; i++) printf("  %8.1f", 2e-9 * s->m * s->n * s->k / ways[i].best);
        printf("\n");
    }
    return 0;
}

/* gemm.c: the CPU kernels' matrix product against three loops, for every instruction set; and, in
 * builds with BLAS=openblas, OpenBLAS: on some processors, some of its builds were wrong. */
#ifdef __x86_64__
#define P2C_ISA v2
#else
#define P2C_ISA base
#endif
#pragma GCC diagnostic ignored "-Wpsabi" /* wide vectors are only passed between inline functions */
#include "../../kernels/cpu/gemm.h"
#include "base/device.h"
#include "harness.h"

typedef void Multiply(const Gemm *g, float *work);
#ifdef __x86_64__
Multiply p2c_cpu_gemm_packed_v3, p2c_cpu_gemm_packed_v4;
static Multiply *const levels[] = { p2c_cpu_gemm_packed_v2, p2c_cpu_gemm_packed_v3,
                                    p2c_cpu_gemm_packed_v4 };
#else
static Multiply *const levels[] = { p2c_cpu_gemm_packed_base };
#endif

/* 8 forms: bits 0 and 1: a and b are stored transposed; bit 2: added to c. gap: floats between the
 * rows of every matrix. */
typedef struct Product {
    int m, n, k, form, gap;
} Product;

/* A matrix in memory of its own, as large as needed, so that sanitizers see what reads beyond it.
 * Between its rows are NaN. */
typedef struct Matrix {
    int rows, columns, stride;
    size_t size;
    float *values;
} Matrix;

static Matrix matrix_new(int rows, int columns, int gap, uint64_t *state) {
    Matrix x = { rows, columns, columns + gap, 0, NULL };
    x.size = (size_t)(rows - 1) * (size_t)x.stride + (size_t)columns;
    x.values = malloc(x.size * sizeof(float));
    for (size_t i = 0; i < x.size; i++)
        x.values[i] = (int)(i % (size_t)x.stride) < columns ? (float)op_uniform(state) : NAN;
    return x;
}

static double at(const Matrix *x, int i, int j) { return x->values[i * x->stride + j]; }

static void reference(const Product *p, const Matrix *a, const Matrix *b, const Matrix *c,
                      double *sums) {
    for (int i = 0; i < p->m; i++)
        for (int j = 0; j < p->n; j++) {
            double sum = p->form & 4 ? at(c, i, j) : 0;
            for (int q = 0; q < p->k; q++)
                sum += (p->form & 1 ? at(a, q, i) : at(a, i, q)) *
                       (p->form & 2 ? at(b, j, q) : at(b, q, j));
            sums[i * p->n + j] = sum;
        }
}

/* The part of c from (row, column) on, computed into `out`, a copy of c; without adding, out is NaN
 * before it. */
static void multiply(Multiply *f, const Product *p, const Matrix *a, const Matrix *b, int row,
                     int column, int rows, int columns, Matrix *out) {
    enum { GUARD = 16 };
    float *work = aligned_alloc(64, (GEMM_FLOATS + GUARD) * sizeof(float));
    for (int i = 0; i < GEMM_FLOATS + GUARD; i++) work[i] = i < GEMM_FLOATS ? NAN : 7;
    Gemm g = { .m = rows,
               .n = columns,
               .k = p->k,
               .a = { a->values + row * (p->form & 1 ? 1 : a->stride), a->stride, p->form & 1 },
               .b = { b->values + column * (p->form & 2 ? b->stride : 1), b->stride, p->form & 2 },
               .c = out->values + row * out->stride + column,
               .c_stride = out->stride,
               .add = p->form & 4 };
    f(&g, work);
    for (int i = GEMM_FLOATS; i < GEMM_FLOATS + GUARD; i++) assert_true(work[i] == 7);
    free(work);
}

static Matrix result_of(const Product *p, const Matrix *c) {
    Matrix out = *c;
    out.values = malloc(c->size * sizeof(float));
    for (size_t i = 0; i < c->size; i++) out.values[i] = p->form & 4 ? c->values[i] : NAN;
    return out;
}

/* The values of c without the gaps, which must be as they were. */
static void take_values(const Matrix *c, float *values) {
    for (int i = 0; i < c->rows; i++) {
        memcpy(values + i * c->columns, c->values + i * c->stride, c->columns * sizeof *values);
        for (int j = c->columns; j < c->stride && i < c->rows - 1; j++)
            assert_true(isnan(c->values[i * c->stride + j]));
    }
}

static const char *name_of(const Product *p, const char *what) {
    static char name[120];
    snprintf(name, sizeof name, "%s, m %d, n %d, k %d%s%s%s, gap %d", what, p->m, p->n, p->k,
             p->form & 1 ? ", a transposed" : "", p->form & 2 ? ", b transposed" : "",
             p->form & 4 ? ", added" : "", p->gap);
    return name;
}

static double check_whole(Multiply *f, const char *what, const Product *p, const Matrix *a,
                          const Matrix *b, const Matrix *c, const double *want, float *got) {
    Matrix out = result_of(p, c);
    multiply(f, p, a, b, 0, 0, p->m, p->n, &out);
    take_values(&out, got);
    free(out.values);
    return op_compare(name_of(p, what), got, want, (size_t)p->m * (size_t)p->n, 1e-5);
}

/* c in four parts must have the bits of the whole. */
static void check_parts(Multiply *f, const Product *p, const Matrix *a, const Matrix *b,
                        const Matrix *c, const float *want) {
    size_t count = (size_t)p->m * (size_t)p->n;
    float *got = malloc(count * sizeof *got);
    Matrix out = result_of(p, c);
    int rows[] = { 0, p->m / 3, p->m }, columns[] = { 0, p->n / 2, p->n };
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            if (rows[i] < rows[i + 1] && columns[j] < columns[j + 1])
                multiply(f, p, a, b, rows[i], columns[j], rows[i + 1] - rows[i],
                         columns[j + 1] - columns[j], &out);
    take_values(&out, got);
    if (memcmp(got, want, count * sizeof *got))
        fail_msg("%s", name_of(p, "parts of c have other bits"));
    free(out.values);
    free(got);
}

/* The worst error of all instruction sets. AVX2 and AVX-512 must agree to the bit. */
static double check(const Product *p) {
    uint64_t state = (uint64_t)p->m * 7919 + (uint64_t)p->n * 104729 + (uint64_t)p->k;
    Matrix a = p->form & 1 ? matrix_new(p->k, p->m, p->gap, &state)
                           : matrix_new(p->m, p->k, p->gap, &state);
    Matrix b = p->form & 2 ? matrix_new(p->n, p->k, p->gap, &state)
                           : matrix_new(p->k, p->n, p->gap, &state);
    Matrix c = matrix_new(p->m, p->n, p->gap, &state);
    size_t count = (size_t)p->m * (size_t)p->n;
    double *want = malloc(count * sizeof *want), worst = 0;
    float *got = malloc(3 * count * sizeof *got);
    reference(p, &a, &b, &c, want);
    for (int i = 0; i < p2c_cpu_device_count(); i++) {
        const char *name = p2c_cpu_device_at(i)->detail;
        float *here = got + (size_t)i * count;
        worst = fmax(worst, check_whole(levels[i], name, p, &a, &b, &c, want, here));
        check_parts(levels[i], p, &a, &b, &c, here);
        if (i == 2 && memcmp(here, here - count, count * sizeof *here))
            fail_msg("%s", name_of(p, "AVX-512 differs from AVX2"));
    }
#ifdef P2C_OPENBLAS
    worst = fmax(worst, check_whole(gemm, "OpenBLAS", p, &a, &b, &c, want, got));
#endif
    free(a.values);
    free(b.values);
    free(c.values);
    free(want);
    free(got);
    return worst;
}

static double check_forms(int m, int n, int k, int *cases) {
    double worst = 0;
    for (int form = 0; form < 8; form++, ++*cases)
        worst = fmax(worst, check(&(Product){ m, n, k, form, form % 3 ? 3 : 0 }));
    return worst;
}

/* Sizes around those of vectors, tiles and blocks. */
void test_gemm(void **state) {
    static const int rows[] = { 1, 2, 3, 4, 5, 8, 9, 23 };
    static const int columns[] = { 1,  2,  3,  4,  5,  7,  8,  9,  15, 16, 17,
                                   24, 31, 32, 33, 47, 48, 49, 64, 65, 97 };
    static const int depths[] = { 1, 3, 17 };
    static const int large[][3] = { { 9, 49, 255 },  { 9, 49, 256 },   { 9, 49, 257 },
                                    { 5, 20, 513 },  { 3, 33, 2049 },  { 255, 17, 40 },
                                    { 256, 50, 7 },  { 257, 50, 300 }, { 600, 9, 33 },
                                    { 1, 300, 600 }, { 300, 1, 600 },  { 128, 256, 1152 } };
    double worst = 0;
    int cases = 0;
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t j = 0; j < COUNT(columns); j++)
            for (size_t k = 0; k < COUNT(depths); k++)
                worst = fmax(worst, check_forms(rows[i], columns[j], depths[k], &cases));
    for (size_t i = 0; i < COUNT(large); i++)
        worst = fmax(worst, check_forms(large[i][0], large[i][1], large[i][2], &cases));
    print_message("%d products, worst error as a part of the tolerance: %.2f\n", cases, worst);
}

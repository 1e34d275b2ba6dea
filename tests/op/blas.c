/* blas.c: OpenBLAS's matrix product against three loops: on some processors, some of its
 * builds were wrong. */
#include <cblas.h>

#include "harness.h"

typedef struct Product {
    int m, n, k;
    bool ta, tb;
    float beta;
} Product;

static void reference(const Product *p, const float *a, const float *b, double *c) {
    for (int i = 0; i < p->m; i++)
        for (int j = 0; j < p->n; j++) {
            double sum = p->beta * c[i * p->n + j];
            for (int q = 0; q < p->k; q++)
                sum += (double)a[p->ta ? q * p->m + i : i * p->k + q] *
                       b[p->tb ? j * p->k + q : q * p->n + j];
            c[i * p->n + j] = sum;
        }
}

static double check(const Product *p) {
    size_t na = (size_t)p->m * p->k, nb = (size_t)p->k * p->n, nc = (size_t)p->m * p->n;
    float *a = malloc((na + nb + nc) * sizeof *a), *b = a + na, *c = b + nb;
    double *want = malloc(nc * sizeof *want);
    uint64_t state = na + nb;
    for (size_t i = 0; i < na + nb + nc; i++) a[i] = (float)op_uniform(&state);
    for (size_t i = 0; i < nc; i++) {
        want[i] = c[i];
        if (p->beta == 0) c[i] = NAN; /* must not be read */
    }
    reference(p, a, b, want);
    cblas_sgemm(CblasRowMajor, p->ta ? CblasTrans : CblasNoTrans, p->tb ? CblasTrans : CblasNoTrans,
                p->m, p->n, p->k, 1, a, p->ta ? p->m : p->k, b, p->tb ? p->k : p->n, p->beta, c,
                p->n);
    double worst = op_compare("cblas_sgemm", c, want, nc, 1e-5);
    free(a);
    free(want);
    return worst;
}

void test_blas(void **state) {
    static const int sizes[][3] = { { 1, 1, 1 },      { 1, 70, 33 },      { 33, 1, 70 },
                                    { 3, 5, 17 },     { 17, 33, 1 },      { 64, 64, 64 },
                                    { 65, 127, 31 },  { 128, 256, 1152 }, { 8, 4096, 27 },
                                    { 70, 100, 300 }, { 257, 129, 200 } };
    double worst = 0;
    int cases = 0;
    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++)
        for (int form = 0; form < 8; form++, cases++) {
            Product p = { sizes[i][0], sizes[i][1], sizes[i][2],
                          form & 1,    form & 2,    form & 4 ? 1 : 0 };
            worst = fmax(worst, check(&p));
        }
    print_message("%d products, worst error as a part of the tolerance: %.2f\n", cases, worst);
}

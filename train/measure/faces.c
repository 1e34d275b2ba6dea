/* faces.c: see faces.h.
 *
 * The paper on KID averages over random subsets, to save time. The average over all subsets there
 * are is the estimate from the whole sets, which is what kid computes: embeddings take longer to
 * make than to compare. Their length matters: at length 1 the kernel would be 1 + 3 cosine / d and
 * next to nothing else, a comparison of the two means alone. */
#include "faces.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../run/order.h"

enum { HALVES = 50 };

static double cosine(const float *x, const float *y, int d) {
    double dot = 0;
    for (int k = 0; k < d; k++) dot += (double)x[k] * y[k];
    return dot / d;
}

/* ---- kernel distance ------------------------------------------------------------------------- */

static double kernel(const float *x, const float *y, int d) {
    double base = cosine(x, y, d) + 1;
    return base * base * base;
}

/* Mean over the pairs of two different elements of one set. */
static double mean_within(const float *x, int n, int d) {
    double sum = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++) sum += kernel(x + (size_t)i * d, x + (size_t)j * d, d);
    return 2 * sum / ((double)n * (n - 1));
}

static double mean_between(const float *x, int nx, const float *y, int ny, int d) {
    double sum = 0;
    for (int i = 0; i < nx; i++)
        for (int j = 0; j < ny; j++) sum += kernel(x + (size_t)i * d, y + (size_t)j * d, d);
    return sum / ((double)nx * ny);
}

double kid(const float *x, int nx, const float *y, int ny, int d) {
    if (nx < 2 || ny < 2) return NAN;
    return mean_within(x, nx, d) + mean_within(y, ny, d) - 2 * mean_between(x, nx, y, ny, d);
}

/* A random half of the n vectors. order: scratch of n. */
static void draw_half(const float *x, int n, int d, int set, int number, int *order, float *half) {
    order_permutation(0, set, 0, number, n, order);
    for (int i = 0; i < n / 2; i++)
        memcpy(half + (size_t)i * d, x + (size_t)order[i] * d, (size_t)d * sizeof *half);
}

double kid_deviation(const float *x, int nx, const float *y, int ny, int d) {
    if (nx < 4 || ny < 4) return NAN;
    double sum = 0, squares = 0;
    int *order = malloc((size_t)(nx > ny ? nx : ny) * sizeof *order);
    float *of_x = malloc((size_t)(nx / 2) * (size_t)d * sizeof *of_x),
          *of_y = malloc((size_t)(ny / 2) * (size_t)d * sizeof *of_y);
    bool good = order && of_x && of_y;
    for (int i = 0; good && i < HALVES; i++) {
        draw_half(x, nx, d, 0, i, order, of_x);
        draw_half(y, ny, d, 1, i, order, of_y);
        double value = kid(of_x, nx / 2, of_y, ny / 2, d);
        sum += value / HALVES;
        squares += value * value / HALVES;
    }
    free(order);
    free(of_x);
    free(of_y);
    return good ? sqrt(fmax(squares - sum * sum, 0)) : NAN;
}

/* ---- likeness -------------------------------------------------------------------------------- */

double cosine_of_pairs(const float *x, const float *y, int n, int d) {
    double sum = 0;
    for (int i = 0; i < n; i++) sum += cosine(x + (size_t)i * d, y + (size_t)i * d, d);
    return n ? sum / n : NAN;
}

double cosine_of_all(const float *x, int nx, const float *y, int ny, int d) {
    double sum = 0;
    for (int i = 0; i < nx; i++)
        for (int j = 0; j < ny; j++) sum += cosine(x + (size_t)i * d, y + (size_t)j * d, d);
    return nx && ny ? sum / ((double)nx * ny) : NAN;
}

double cosine_of_others(const float *x, const float *y, int n, int d) {
    if (n < 2) return NAN;
    return (n * cosine_of_all(x, n, y, n, d) - cosine_of_pairs(x, y, n, d)) / (n - 1);
}

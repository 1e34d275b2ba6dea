/* resize.c: scales pictures by separable filters.
 *
 * With s = in/out, output position i is the weighted mean of source pixels k, whose weights are
 *     area        the length of [i s, (i+1) s) that lies in [k, k+1)
 *     bilinear    1 - |p - k| for the two pixels next to p = (i + 1/2) s - 1/2, p clamped to the
 *                 first and last pixel
 *     antialias   max(0, 1 - |k + 1/2 - (i + 1/2) s| / max(s, 1)), divided by their sum
 *
 * Each output row is first gathered from its source rows, over the full source width, then filtered
 * along itself. So one row is all the memory that is needed beside the pictures. It is double,
 * because float loses precision over the 2^20 rows there may be. Values are rounded once, at the
 * end, to nearest. In RGBA pictures colours are weighted by their alpha (Porter and Duff 1984), so
 * that transparent pixels give no colour to their surroundings. */
#include "image.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- weights of one axis ---- */

typedef struct Window {
    int first, count;
    float *weights; /* their sum is 1 */
} Window;

/* A filter writes the weights of pixels *first, *first + 1, ... into w and returns how many there
 * are. It computes in double, so that positions up to 2^20 stay exact. */
typedef int Filter(double scale, int in, int i, int *first, double *w);

static int area(double scale, int in, int i, int *first, double *w) {
    double begin = i * scale, end = (i + 1) * scale;
    /* i*scale may miss a whole number by rounding: avoid a pixel of weight 1e-16 */
    int last = (int)ceil(end - 1e-9) - 1;
    *first = (int)floor(begin + 1e-9);
    if (last > in - 1) last = in - 1;
    for (int k = *first; k <= last; k++) w[k - *first] = fmin(end, k + 1) - fmax(begin, k);
    return last - *first + 1;
}

static int bilinear(double scale, int in, int i, int *first, double *w) {
    double p = fmin(fmax((i + 0.5) * scale - 0.5, 0), in - 1);
    *first = (int)p;
    if (*first > in - 2) *first = in > 1 ? in - 2 : 0;
    w[0] = 1 - (p - *first);
    w[1] = p - *first;
    return in > 1 ? 2 : 1;
}

static int antialias(double scale, int in, int i, int *first, double *w) {
    double support = fmax(scale, 1), center = (i + 0.5) * scale;
    int end = (int)fmin(floor(center + support + 0.5), in);
    *first = (int)fmax(floor(center - support + 0.5), 0);
    for (int k = *first; k < end; k++)
        w[k - *first] = fmax(0, 1 - fabs(k + 0.5 - center) / support);
    return end - *first;
}

static Filter *const filters[] = {
    [P2C_FILTER_AREA] = area, [P2C_FILTER_BILINEAR] = bilinear, [P2C_FILTER_ANTIALIAS] = antialias
};

/* Computes all windows of an axis as one block: `out` windows, then their weights. Returns NULL
 * when out of memory. */
static Window *windows(P2cFilter filter, int in, int out, size_t *bytes) {
    double scale = (double)in / out;
    size_t most = (size_t)(2 * fmax(scale, 1)) + 3; /* the triangle of `antialias` is the widest */
    /* below 2^26 + 2^23 for sides up to 2^20 */
    *bytes = (size_t)out * (sizeof(Window) + most * sizeof(float)) + most * sizeof(double);
    Window *all = malloc(*bytes - most * sizeof(double));
    double *w = malloc(most * sizeof *w);
    for (int i = 0; all && w && i < out; i++) {
        all[i].weights = (float *)(all + out) + (size_t)i * most;
        int count = all[i].count = filters[filter](scale, in, i, &all[i].first, w);
        double sum = 0;
        for (int k = 0; k < count; k++) sum += w[k];
        for (int k = 0; k < count; k++) all[i].weights[k] = (float)(w[k] / sum);
    }
    if (!w) free(all), all = NULL;
    free(w);
    return all;
}

/* ---- rows ---- */

/* sum (n) += weight * pixels (n). Blocks of a fixed length are vectorised by the compiler at any
 * level of optimisation. */
static void add_row(double *restrict sum, const uint8_t *restrict pixels, size_t n, float weight) {
    enum { BLOCK = 16 };
    size_t i = 0;
    for (; i + BLOCK <= n; i += BLOCK)
        for (int k = 0; k < BLOCK; k++) sum[i + k] += weight * (float)pixels[i + k];
    for (; i < n; i++) sum[i] += weight * (float)pixels[i];
}

/* The same for n RGBA pixels: adds weight*alpha*colour and weight*alpha. */
static void add_row_alpha(double *restrict sum, const uint8_t *restrict pixels, size_t n,
                          float weight) {
    for (size_t i = 0; i < n; i++, sum += 4, pixels += 4) {
        float w = weight * (float)pixels[3];
        for (int c = 0; c < 3; c++) sum[c] += w * (float)pixels[c];
        sum[3] += w;
    }
}

static uint8_t rounded(double v) { return v >= 255 ? 255 : (uint8_t)(v + 0.5); }

/* row (in, channels) of sums -> pixels (out, channels) */
static void filter_row(const double *row, const Window *across, int out, int channels,
                       uint8_t *pixels) {
    for (int i = 0; i < out; i++, pixels += channels) {
        const Window *window = &across[i];
        const double *from = row + (size_t)window->first * (size_t)channels;
        double v[4] = { 0 };
        for (int k = 0; k < window->count; k++, from += channels)
            for (int c = 0; c < channels; c++) v[c] += window->weights[k] * from[c];
        double scale = channels == 3 ? 1 : v[3] > 0 ? 1 / v[3] : 0;
        for (int c = 0; c < 3; c++) pixels[c] = rounded(v[c] * scale);
        if (channels == 4) pixels[3] = rounded(v[3]);
    }
}

static void resize(const P2cImage *in, const Window *down, const Window *across, double *row,
                   P2cImage *out) {
    size_t width = (size_t)in->width, stride = width * (size_t)in->channels;
    for (int y = 0; y < out->height; y++) {
        memset(row, 0, stride * sizeof *row);
        for (int k = 0; k < down[y].count; k++) {
            const uint8_t *pixels = in->pixels + (size_t)(down[y].first + k) * stride;
            if (in->channels == 4) add_row_alpha(row, pixels, width, down[y].weights[k]);
            else add_row(row, pixels, stride, down[y].weights[k]);
        }
        filter_row(row, across, out->width, in->channels,
                   out->pixels + (size_t)y * (size_t)out->width * (size_t)in->channels);
    }
}

P2cStatus p2c_image_resize(P2cContext *ctx, const P2cImage *image, int width, int height,
                           P2cFilter filter, P2cImage *out) {
    assert(image != out && image->pixels && (image->channels == 3 || image->channels == 4));
    *out = (P2cImage){ 0 };
    if ((unsigned)filter >= sizeof filters / sizeof *filters)
        return p2c_fail(ctx, P2C_ERR_ARGUMENT, "resize: unknown filter %d", (int)filter);
    P2cStatus status = p2c_image_init(ctx, out, width, height, image->channels);
    if (status) return status;
    /* copy instead of filtering, which also keeps the colour of transparent pixels */
    if (image->width == width && image->height == height) {
        memcpy(out->pixels, image->pixels,
               (size_t)width * (size_t)height * (size_t)image->channels);
        return P2C_OK;
    }
    size_t bytes_down, bytes_across,
        bytes_row = (size_t)image->width * (size_t)image->channels * sizeof(double);
    Window *down = windows(filter, image->height, height, &bytes_down),
           *across = windows(filter, image->width, width, &bytes_across);
    double *row = malloc(bytes_row);
    if (!down || !across || !row)
        status = p2c_fail_memory(ctx, "scaling a picture", bytes_down + bytes_across + bytes_row);
    else resize(image, down, across, row, out);
    free(down);
    free(across);
    free(row);
    if (status) p2c_image_clear(out);
    return status;
}

/* lanczos.c: see lanczos.h. First all rows, then all columns; between them values are rounded to 8
 * bits, as Pillow does. */
#include "lanczos.h"

#include <math.h>
#include <stdlib.h>

#include "face/face.h"

enum { LOBES = 3 };

static double sinc(double x) { return x == 0 ? 1 : sin(M_PI * x) / (M_PI * x); }
static double lanczos(double x) { return fabs(x) < LOBES ? sinc(x) * sinc(x / LOBES) : 0; }

/* The weights of result i of a line of n values made `side` values long. Returns how many there
 * are, from *first on. */
static int find_weights(int n, int side, int i, int *first, double *weights) {
    double scale = (double)n / side, wide = fmax(scale, 1), centre = (i + 0.5) * scale, sum = 0;
    *first = (int)fmax(centre - LOBES * wide + 0.5, 0);
    int end = (int)fmin(centre + LOBES * wide + 0.5, n);
    for (int k = *first; k < end; k++)
        sum += weights[k - *first] = lanczos((k + 0.5 - centre) / wide);
    for (int k = *first; k < end; k++) weights[k - *first] /= sum;
    return end - *first;
}

static uint8_t to_byte(double value) { return (uint8_t)(fmin(fmax(value, 0), 255) + 0.5); }

typedef struct Layout {
    size_t step, apart; /* bytes from a pixel of a line to the next, from a line to the next */
} Layout;

/* Scales `lines` lines of n pixels. weights: scratch of n. */
static void scale_lines(const uint8_t *in, Layout from, int lines, int n, uint8_t *out, Layout to,
                        int side, double *weights) {
    int first;
    for (int i = 0; i < side; i++) {
        int count = find_weights(n, side, i, &first, weights);
        for (int line = 0; line < lines; line++)
            for (size_t c = 0; c < 3; c++) {
                const uint8_t *x = in + (size_t)line * from.apart + (size_t)first * from.step + c;
                double sum = 0;
                for (int k = 0; k < count; k++) sum += weights[k] * x[(size_t)k * from.step];
                out[(size_t)line * to.apart + (size_t)i * to.step + c] = to_byte(sum);
            }
    }
}

static P2cStatus scale(P2cContext *ctx, const P2cImage *in, int side, P2cImage *out) {
    P2cImage rows; /* side wide */
    size_t most = (size_t)(in->width > in->height ? in->width : in->height);
    double *weights = malloc(most * sizeof *weights);
    P2cStatus status = weights ? p2c_image_init(ctx, &rows, side, in->height, 3)
                               : p2c_fail_memory(ctx, "picture", most);
    if (status) goto cleanup;
    status = p2c_image_init(ctx, out, side, side, 3);
    size_t width = 3 * (size_t)in->width, s = 3 * (size_t)side;
    if (!status) {
        scale_lines(in->pixels, (Layout){ 3, width }, in->height, in->width, rows.pixels,
                    (Layout){ 3, s }, side, weights);
        scale_lines(rows.pixels, (Layout){ s, 3 }, side, in->height, out->pixels, (Layout){ s, 3 },
                    side, weights);
    }
    p2c_image_clear(&rows);
cleanup:
    free(weights);
    return status;
}

P2cStatus lanczos_read(P2cContext *ctx, const char *path, int side, P2cImage *out) {
    P2cImage whole;
    *out = (P2cImage){ 0 };
    P2cStatus status = p2c_image_read(ctx, path, &whole);
    if (status) return status;
    p2c_image_over_white(&whole);
    status = scale(ctx, &whole, side, out);
    p2c_image_clear(&whole);
    return status;
}

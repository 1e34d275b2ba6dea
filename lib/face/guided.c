/* guided.c: enlarges a rough matte to full resolution so that its edge follows the crop's: the
 * guided filter (He, Sun, Tang 2013) in its fast form (He, Sun 2015).
 *
 * In every window of (2r+1)^2 pixels the matte p is fitted as a linear function of the colours I,
 * alpha = a.I + b:
 *     a = (Cov(I) + eps E)^-1 (mean(I p) - mean(I) mean(p))      b = mean(p) - a.mean(I)
 *
 * Every pixel takes the mean of a and b over the windows that contain it. All of this is done at
 * the matte's own resolution, on the crop reduced to it. Then a and b, which are smooth, are
 * enlarged bilinearly and applied to the pixels of the full crop. Windows are cut off at the border
 * and divided by the number of pixels left. Sums are double and run along columns, then along the
 * row, for all interleaved channels of a plane; so the time does not depend on r. */
#include "pixel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Chosen by eye on portraits of 180 to 1,300 pixels with mattes of 320: at 0.006 an edge that the
 * network blurred stays blurred, at 0.05 strands of light hair within the head become holes. Any
 * eps from 1e-5 to 1e-3 gives nearly the same. */
#define RADIUS 0.02 /* of the matte's shorter side */
#define EPS 1e-4
/* alpha within this distance of 0 or 1 becomes 0 or 1, because the fit on a plain background is not
 * quite 0 */
#define HAZE 0.04

/* channels of a window's means: I, p, I p, upper triangle of I I^T; then a and b of the line */
enum { COLOUR, MATTE = 3, CROSS = 4, SQUARE = 7, MOMENTS = 13, LINE = 4 };

/* ---- means over windows ---- */

static void add_row(double *sums, const float *row, size_t n, double sign) {
    for (size_t i = 0; i < n; i++) sums[i] += sign * (double)row[i];
}

/* columns (w, channels) -> out: sums along the row, divided by the number of pixels in the
 * window */
static void mean_along(const double *columns, int w, int channels, int r, int rows, float *out) {
    double sum[MOMENTS] = { 0 };
    for (int x = 0; x < r && x < w; x++)
        for (int c = 0; c < channels; c++) sum[c] += columns[x * channels + c];
    for (int x = 0; x < w; x++, out += channels) {
        int enters = x + r, leaves = x - r - 1;
        int count = rows * ((enters < w ? enters : w - 1) - (leaves < 0 ? 0 : leaves + 1) + 1);
        for (int c = 0; c < channels; c++) {
            if (enters < w) sum[c] += columns[enters * channels + c];
            if (leaves >= 0) sum[c] -= columns[leaves * channels + c];
            out[c] = (float)(sum[c] / count);
        }
    }
}

/* in, out: (h, w, channels), different memory. columns: (w, channels). */
static void window_means(const float *in, int h, int w, int channels, int r, double *columns,
                         float *out) {
    size_t n = (size_t)w * (size_t)channels;
    memset(columns, 0, n * sizeof *columns);
    for (int y = 0; y < r && y < h; y++) add_row(columns, in + (size_t)y * n, n, 1);
    for (int y = 0; y < h; y++) {
        int enters = y + r, leaves = y - r - 1;
        if (enters < h) add_row(columns, in + (size_t)enters * n, n, 1);
        if (leaves >= 0) add_row(columns, in + (size_t)leaves * n, n, -1);
        mean_along(columns, w, channels, r,
                   (enters < h ? enters : h - 1) - (leaves < 0 ? 0 : leaves + 1) + 1,
                   out + (size_t)y * n);
    }
}

/* ---- the linear fit of a window ---- */

static void products(const uint8_t *colour, float p, float out[MOMENTS]) {
    float *square = out + SQUARE;
    for (int c = 0; c < 3; c++) out[COLOUR + c] = (float)colour[c] / 255;
    out[MATTE] = p;
    for (int c = 0; c < 3; c++) {
        out[CROSS + c] = out[COLOUR + c] * p;
        for (int d = c; d < 3; d++) *square++ = out[COLOUR + c] * out[COLOUR + d];
    }
}

/* Means of the products -> a (3), b. The matrix is symmetric and, because of eps, positive
 * definite; its inverse is computed from its cofactors. */
static void solve(const float *mean, float out[LINE]) {
    const float *i = mean + COLOUR, *s = mean + SQUARE;
    double p = mean[MATTE], v[3];
    double xx = s[0] - (double)i[0] * i[0] + EPS, xy = s[1] - (double)i[0] * i[1],
           xz = s[2] - (double)i[0] * i[2];
    double yy = s[3] - (double)i[1] * i[1] + EPS, yz = s[4] - (double)i[1] * i[2],
           zz = s[5] - (double)i[2] * i[2] + EPS;
    for (int c = 0; c < 3; c++) v[c] = mean[CROSS + c] - i[c] * p;
    double cxx = yy * zz - yz * yz, cxy = xz * yz - xy * zz, cxz = xy * yz - xz * yy;
    double cyy = xx * zz - xz * xz, cyz = xy * xz - xx * yz, czz = xx * yy - xy * xy;
    double det = xx * cxx + xy * cxy + xz * cxz;
    double a[3] = { (cxx * v[0] + cxy * v[1] + cxz * v[2]) / det,
                    (cxy * v[0] + cyy * v[1] + cyz * v[2]) / det,
                    (cxz * v[0] + cyz * v[1] + czz * v[2]) / det };
    for (int c = 0; c < 3; c++) out[c] = (float)a[c];
    out[3] = (float)(p - a[0] * i[0] - a[1] * i[1] - a[2] * i[2]);
}

/* ---- full resolution ---- */

/* The two neighbours of a position p in [0, n-1], and the weight of the second. */
typedef struct Between {
    int first, second;
    float share;
} Between;

static Between between(int i, int out, int in) {
    double p = fmin(fmax((i + 0.5) * in / out - 0.5, 0), in - 1);
    int first = (int)p;
    return (Between){ first, first + 1 < in ? first + 1 : first, (float)(p - first) };
}

static uint8_t alpha_of(const float line[LINE], const uint8_t *colour) {
    float v = (line[0] * colour[0] + line[1] * colour[1] + line[2] * colour[2]) / 255 + line[3];
    return to_byte((double)(v - (float)HAZE) * (255 / (1 - 2 * HAZE)));
}

static void apply_row(const P2cImage *crop, const float *lines, int h, int w, int y,
                      uint8_t *alpha) {
    Between v = between(y, crop->height, h);
    const float *upper = lines + (size_t)v.first * (size_t)w * LINE,
                *lower = lines + (size_t)v.second * (size_t)w * LINE;
    const uint8_t *colour = pixel_at(crop, 0, y);
    for (int x = 0; x < crop->width; x++, colour += crop->channels) {
        Between u = between(x, crop->width, w);
        float line[LINE];
        for (int c = 0; c < LINE; c++) {
            float top =
                upper[u.first * LINE + c] * (1 - u.share) + upper[u.second * LINE + c] * u.share;
            float bottom =
                lower[u.first * LINE + c] * (1 - u.share) + lower[u.second * LINE + c] * u.share;
            line[c] = top * (1 - v.share) + bottom * v.share;
        }
        alpha[(size_t)y * (size_t)crop->width + (size_t)x] = alpha_of(line, colour);
    }
}

/* ---- all steps in order ---- */

/* The crop's colours at the matte's resolution. Resizing RGBA would weight the colours by alpha,
 * which must be ignored here; so alpha is removed first. */
static P2cStatus reduce(P2cContext *ctx, const P2cImage *crop, int h, int w, P2cImage *guide) {
    P2cImage colours = *crop;
    if (crop->channels == 4) {
        P2cStatus status = p2c_image_init(ctx, &colours, crop->width, crop->height, 3);
        if (status) return status;
        for (size_t i = 0; i < pixel_count(crop); i++)
            memcpy(colours.pixels + 3 * i, crop->pixels + 4 * i, 3);
    }
    bool larger = w > crop->width || h > crop->height;
    P2cStatus status = p2c_image_resize(ctx, &colours, w, h,
                                        larger ? P2C_FILTER_ANTIALIAS : P2C_FILTER_AREA, guide);
    if (crop->channels == 4) p2c_image_clear(&colours);
    return status;
}

P2cStatus p2c_guided_alpha(P2cContext *ctx, const P2cImage *crop, const float *rough, int h, int w,
                           uint8_t *alpha) {
    assert(h > 0 && w > 0);
    P2cImage guide = { 0 };
    /* this also checks h x w against the limits of pictures */
    P2cStatus status = reduce(ctx, crop, h, w, &guide);
    if (status) return status;
    size_t n = (size_t)h * (size_t)w,
           bytes = 2 * n * MOMENTS * sizeof(float) + (size_t)w * MOMENTS * sizeof(double);
    double *columns = malloc(bytes);
    if (columns) {
        float *values = (float *)(columns + (size_t)w * MOMENTS), *means = values + n * MOMENTS;
        int r = (int)fmax(1, RADIUS * (h < w ? h : w) + 0.5);
        /* NaN becomes 0 */
        for (size_t i = 0; i < n; i++)
            products(guide.pixels + 3 * i, fminf(fmaxf(rough[i], 0), 1), values + i * MOMENTS);
        window_means(values, h, w, MOMENTS, r, columns, means);
        for (size_t i = 0; i < n; i++) solve(means + i * MOMENTS, values + i * LINE);
        window_means(values, h, w, LINE, r, columns, means);
        P2cTeam *outer = enter_team(ctx);
#pragma omp parallel for num_threads(thread_count(ctx)) schedule(static)
        for (int y = 0; y < crop->height; y++) apply_row(crop, means, h, w, y, alpha);
        p2c_team_enter(outer);
    } else {
        status = p2c_fail_memory(ctx, "the matte", bytes);
    }
    free(columns);
    p2c_image_clear(&guide);
    return status;
}

/* guided.c: compares the guided filter with its definition, window by window in double, and checks
 * that it moves a rough edge to the picture's edge. */
#include "picture.h"

#include "base/team.h"
#include "face/face.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* a second implementation, independent of lib/face/guided.c */
#define RADIUS 0.02
#define EPS 1e-4
#define HAZE 0.04

/* ---- the definition ---- */

/* Solves 3 equations by Gaussian elimination. */
static void solve3(double m[3][4], double x[3]) {
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) {
            double f = k == i ? 0 : m[k][i] / m[i][i];
            for (int j = 0; j < 4; j++) m[k][j] -= f * m[i][j];
        }
    for (int i = 0; i < 3; i++) x[i] = m[i][3] / m[i][i];
}

static void window(int at, int r, int n, int *begin, int *end) {
    *begin = at - r < 0 ? 0 : at - r;
    *end = at + r + 1 > n ? n : at + r + 1;
}

/* The line (a, b) of the window around (x, y). */
static void line_of(const P2cImage *guide, const float *p, int x, int y, int r, double line[4]) {
    int x0, x1, y0, y1, n = 0;
    double mean[4] = { 0 }, m[3][4] = { { 0 } };
    window(x, r, guide->width, &x0, &x1);
    window(y, r, guide->height, &y0, &y1);
    for (int v = y0; v < y1; v++)
        for (int u = x0; u < x1; u++, n++) {
            for (int c = 0; c < 3; c++)
                mean[c] += guide->pixels[3 * (v * guide->width + u) + c] / 255.0;
            mean[3] += (double)p[v * guide->width + u];
        }
    for (int c = 0; c < 4; c++) mean[c] /= n;
    for (int v = y0; v < y1; v++)
        for (int u = x0; u < x1; u++) {
            double d[4];
            for (int c = 0; c < 3; c++)
                d[c] = guide->pixels[3 * (v * guide->width + u) + c] / 255.0 - mean[c];
            d[3] = (double)p[v * guide->width + u] - mean[3];
            for (int c = 0; c < 3; c++)
                for (int k = 0; k < 4; k++) m[c][k] += d[c] * d[k] / n;
        }
    for (int c = 0; c < 3; c++) m[c][c] += EPS;
    solve3(m, line);
    line[3] = mean[3] - line[0] * mean[0] - line[1] * mean[1] - line[2] * mean[2];
}

static double *mean_lines(const double *lines, int h, int w, int r) {
    double *out = calloc((size_t)(4 * h * w), sizeof *out);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            int x0, x1, y0, y1;
            window(x, r, w, &x0, &x1);
            window(y, r, h, &y0, &y1);
            for (int v = y0; v < y1; v++)
                for (int u = x0; u < x1; u++)
                    for (int c = 0; c < 4; c++)
                        out[4 * (y * w + x) + c] +=
                            lines[4 * (v * w + u) + c] / ((x1 - x0) * (y1 - y0));
        }
    return out;
}

static double enlarged(const double *v, int h, int w, int c, double y, double x) {
    x = fmin(fmax(x, 0), w - 1), y = fmin(fmax(y, 0), h - 1);
    int i = (int)x < w - 1 ? (int)x : w - 2, j = (int)y < h - 1 ? (int)y : h - 2;
    double a = x - i, b = y - j;
    return (v[4 * (j * w + i) + c] * (1 - a) + v[4 * (j * w + i + 1) + c] * a) * (1 - b) +
           (v[4 * (j * w + w + i) + c] * (1 - a) + v[4 * (j * w + w + i + 1) + c] * a) * b;
}

static void by_definition(const P2cImage *crop, const P2cImage *guide, const float *p,
                          double *alpha) {
    int h = guide->height, w = guide->width, r = (int)(RADIUS * (h < w ? h : w) + 0.5);
    double *lines = calloc((size_t)(4 * h * w), sizeof *lines);
    for (int i = 0; i < h * w; i++) line_of(guide, p, i % w, i / w, r, lines + 4 * i);
    double *mean = mean_lines(lines, h, w, r);
    for (int y = 0; y < crop->height; y++)
        for (int x = 0; x < crop->width; x++) {
            double sum = 0;
            for (int c = 0; c < 4; c++)
                sum += enlarged(mean, h, w, c, (y + 0.5) * h / crop->height - 0.5,
                                (x + 0.5) * w / crop->width - 0.5) *
                       (c < 3 ? crop->pixels[3 * (y * crop->width + x) + c] / 255.0 : 1);
            alpha[y * crop->width + x] = 255 * fmin(fmax((sum - HAZE) / (1 - 2 * HAZE), 0), 1);
        }
    free(lines);
    free(mean);
}

/* ---- pictures ---- */

/* Noise in blocks of 4 x 4 pixels, so that the reduced picture still has some. */
static P2cImage blocks(int width, int height) {
    P2cImage image = test_noise(width, height, 3, 11);
    for (int i = 0; i < width * height; i++)
        memcpy(image.pixels + 3 * i,
               image.pixels + 3 * (i / width / 4 * 4 * width + i % width / 4 * 4), 3);
    return image;
}

/* slightly beyond [0,1] */
static float ramp(int x, int y) {
    return (float)fmin(fmax(0.5 + 0.03 * (x - 70) + 0.2 * sin(y * 0.2), -0.1), 1.1);
}

static void against_the_definition(void **state) {
    (void)state;
    enum { H = 120, W = 151 };
    static const int sizes[][2] = { { 151, 120 }, { 302, 240 }, { 200, 190 }, { 100, 80 } };
    P2cContext ctx = { .threads = 2 };
    float *rough = malloc(H * W * sizeof *rough), *clamped = malloc(H * W * sizeof *rough);
    for (int i = 0; i < H * W; i++)
        rough[i] = ramp(i % W, i / W), clamped[i] = fminf(fmaxf(rough[i], 0), 1);
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        P2cImage crop = blocks(sizes[k][0], sizes[k][1]), guide;
        int n = crop.width * crop.height, between = 0;
        uint8_t *alpha = malloc((size_t)n);
        double *expected = malloc((size_t)n * sizeof *expected), worst = 0;
        assert_works(&ctx, p2c_image_resize(&ctx, &crop, W, H,
                                            W > crop.width ? P2C_FILTER_ANTIALIAS : P2C_FILTER_AREA,
                                            &guide));
        assert_works(&ctx, p2c_guided_alpha(&ctx, &crop, rough, H, W, alpha));
        by_definition(&crop, &guide, clamped, expected);
        for (int i = 0; i < n; i++)
            worst = fmax(worst, fabs(alpha[i] - expected[i])), between += alpha[i] % 255 > 0;
        if (worst > 0.55) fail_msg("%d x %d: off by %g levels", crop.width, crop.height, worst);
        assert_true(between > n / 10);
        p2c_image_clear(&crop);
        p2c_image_clear(&guide);
        free(alpha);
        free(expected);
    }
    free(rough);
    free(clamped);
}

/* A disc on a background, and a matte of half the resolution whose edge is soft and half a pixel
 * off. Simply enlarged, the matte is wrong by at least twice as much as after the filter. */
static void edge_is_found(void **state) {
    (void)state;
    enum { S = 320, R = 160 }; /* windows of 7 x 7 */
    P2cContext ctx = { 0 };
    P2cImage crop;
    float rough[R * R];
    uint8_t *alpha = malloc(S * S);
    double before = 0, after = 0;
    assert_works(&ctx, p2c_image_init(&ctx, &crop, S, S, 3));
    for (int i = 0; i < S * S; i++) {
        bool head = hypot(i % S - 160, i / S - 170) < 100;
        memcpy(crop.pixels + 3 * i, head ? "\xb0\x80\x60" : "\x40\x90\xa8", 3);
    }
    for (int i = 0; i < R * R; i++)
        rough[i] = (float)(1 / (1 + exp((hypot(i % R - 79.8, i / R - 85.3) - 50) / 0.7)));
    assert_works(&ctx, p2c_guided_alpha(&ctx, &crop, rough, R, R, alpha));
    for (int i = 0; i < S * S; i++) {
        int truth = hypot(i % S - 160, i / S - 170) < 100 ? 255 : 0;
        before += fabs(255 * (double)rough[i / S / 2 * R + i % S / 2] - truth);
        after += abs(alpha[i] - truth);
    }
    print_message("error of the matte: %.2f levels, filtered %.2f\n", before / (S * S),
                  after / (S * S));
    assert_true(after * 2 < before);
    assert_true(alpha[0] == 0 && alpha[170 * S + 160] == 255);
    p2c_image_clear(&crop);
    free(alpha);
}

/* A flat matte stays the same, on any picture; NaN counts as 0. */
static void plain_mattes(void **state) {
    (void)state;
    enum { S = 50, R = 60 };
    static const struct {
        float rough;
        int alpha;
    } cases[] = { { 0, 0 }, { 1, 255 }, { 0.5f, 128 }, { NAN, 0 }, { 7, 255 }, { -7, 0 } };
    P2cContext ctx = { 0 };
    P2cImage crop = test_noise(S, S, 3, 3);
    float rough[R * R];
    uint8_t alpha[S * S];
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        for (int i = 0; i < R * R; i++) rough[i] = cases[k].rough;
        assert_works(&ctx, p2c_guided_alpha(&ctx, &crop, rough, R, R, alpha));
        for (int i = 0; i < S * S; i++)
            assert_in_range(alpha[i], cases[k].alpha - (cases[k].alpha == 128), cases[k].alpha);
    }
    p2c_image_clear(&crop);
}

/* The result does not depend on the crop's alpha and on the number of threads; sizes down to one
 * pixel work. */
static void what_does_not_show(void **state) {
    (void)state;
    enum { H = 61, W = 83 };
    P2cContext one = { .threads = 1 }, three = { .threads = 3, .team = p2c_team_new(3) };
    P2cImage rgb = blocks(W, H), rgba = test_noise(W, H, 4, 8);
    float rough[20 * 30];
    uint8_t a[H * W], b[H * W];
    for (int i = 0; i < H * W; i++) memcpy(rgba.pixels + 4 * i, rgb.pixels + 3 * i, 3);
    for (int i = 0; i < 20 * 30; i++) rough[i] = (float)(i % 30) / 30;
    assert_works(&one, p2c_guided_alpha(&one, &rgb, rough, 20, 30, a));
    assert_works(&three, p2c_guided_alpha(&three, &rgba, rough, 20, 30, b));
    assert_int_equal(test_worst(a, b, H * W), 0);
    p2c_team_free(&three.team);
    p2c_image_clear(&rgb);
    rgb = test_noise(1, 1, 3, 1);
    assert_works(&one, p2c_guided_alpha(&one, &rgb, rough, 1, 30, a));
    assert_works(&one, p2c_guided_alpha(&one, &rgba, rough, 1, 1, a));
    p2c_image_clear(&rgb);
    p2c_image_clear(&rgba);
}

const struct CMUnitTest p2c_tests_guided[] = {
    cmocka_unit_test(against_the_definition),
    cmocka_unit_test(edge_is_found),
    cmocka_unit_test(plain_mattes),
    cmocka_unit_test(what_does_not_show),
};
const size_t p2c_tests_guided_count = sizeof p2c_tests_guided / sizeof *p2c_tests_guided;

/* foreground.c: colours that were mixed at a soft edge are restored; comparison with the paper's
 * formulas, window by window; everything else stays. */
#include "picture.h"

#include "base/team.h"
#include "face/face.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FAR 0.08 /* a second implementation, independent of lib/face/foreground.c */
#define NEAR 0.01

static uint8_t near(double v) { return v <= 0 ? 0 : v >= 255 ? 255 : (uint8_t)(v + 0.5); }

/* ---- the formulas ---- */

/* One pass for one pixel: from f and b (of `size` channels) to F and B^. */
static void estimate(const P2cImage *p, const uint8_t *f, const uint8_t *b, int size, int r, int x,
                     int y, int c, double *f_out, double *b_out) {
    double front = 0, fa = 0, back = 0, ba = 0;
    for (int v = y - r; v <= y + r; v++)
        for (int u = x - r; u <= x + r; u++) {
            if (v < 0 || u < 0 || v >= p->height || u >= p->width) continue;
            int i = v * p->width + u;
            double a = p->pixels[4 * i + 3] / 255.0;
            front += a, fa += a * f[size * i + c];
            back += 1 - a, ba += (1 - a) * b[size * i + c];
        }
    int i = y * p->width + x;
    double a = p->pixels[4 * i + 3] / 255.0, f_hat = front > 1e-9 ? fa / front : f[size * i + c];
    *b_out = back > 1e-9 ? ba / back : b[size * i + c];
    *f_out = f_hat + a * (p->pixels[4 * i + c] - a * f_hat - (1 - a) * *b_out);
}

static int half(const P2cImage *p, double part, int least) {
    int r = (int)(part * (p->width > p->height ? p->width : p->height) + 0.5);
    return r < least ? least : r;
}

/* Two passes -> colours (3) of every pixel; opaque ones do not change. */
static uint8_t *by_formula(const P2cImage *p) {
    size_t n = (size_t)p->width * (size_t)p->height;
    uint8_t *f = malloc(3 * n), *b = malloc(3 * n), *out = malloc(3 * n);
    for (int pass = 0; pass < 2; pass++)
        for (size_t k = 0; k < 3 * n; k++) {
            int i = (int)(k / 3), c = (int)(k % 3), x = i % p->width, y = i / p->width;
            double f_value, b_value;
            if (pass == 0)
                estimate(p, p->pixels, p->pixels, 4, half(p, FAR, 2), x, y, c, &f_value, &b_value);
            else estimate(p, f, b, 3, half(p, NEAR, 1), x, y, c, &f_value, &b_value);
            if (p->pixels[4 * i + 3] == 255) f_value = p->pixels[4 * i + c];
            (pass ? out : f)[k] = near(f_value);
            if (!pass) b[k] = near(b_value);
        }
    free(f);
    free(b);
    return out;
}

/* Noise with every kind of alpha, in patches. */
static P2cImage patches(int width, int height) {
    P2cImage p = test_noise(width, height, 4, 21);
    for (int i = 0; i < width * height; i++) {
        int patch = (i % width / 5 + i / width / 4) % 4;
        if (patch == 0) p.pixels[4 * i + 3] = 0;
        else if (patch == 1) p.pixels[4 * i + 3] = 255;
    }
    return p;
}

static P2cImage copy(const P2cImage *p) {
    P2cImage out;
    assert_int_equal(p2c_image_init(NULL, &out, p->width, p->height, 4), P2C_OK);
    memcpy(out.pixels, p->pixels, 4 * (size_t)p->width * (size_t)p->height);
    return out;
}

static void against_the_formulas(void **state) {
    (void)state;
    static const int sizes[][2] = { { 60, 41 }, { 1, 30 }, { 30, 1 }, { 3, 3 }, { 90, 20 } };
    P2cContext ctx = { .threads = 3 };
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        P2cImage before = patches(sizes[k][0], sizes[k][1]), colours = copy(&before),
                 beyond = copy(&before);
        uint8_t *expected = by_formula(&before);
        assert_works(&ctx, p2c_foreground_colours(&ctx, &colours));
        assert_works(&ctx, p2c_foreground_beyond(&ctx, &beyond));
        for (int i = 0; i < before.width * before.height; i++) {
            const uint8_t *p = before.pixels + 4 * i, *a = colours.pixels + 4 * i,
                          *b = beyond.pixels + 4 * i;
            assert_true(a[3] == p[3] && b[3] == p[3]);
            if (p[3] == 255) assert_true(!memcmp(a, p, 3) && !memcmp(b, p, 3));
            else if (p[3] == 0) assert_true(!memcmp(a, "\xff\xff\xff", 3));
            if (test_worst(b, expected + 3 * i, 3) > 1 || (p[3] && test_worst(a, b, 3)))
                fail_msg("size %zu, pixel %d", k, i);
        }
        p2c_image_clear(&before);
        p2c_image_clear(&colours);
        p2c_image_clear(&beyond);
        free(expected);
    }
}

/* A known head with shading over a known background, alpha falling off over 6 pixels, 3 % of the
 * picture. */
static void mixed_colours_come_back(void **state) {
    (void)state;
    enum { S = 200 };
    P2cContext ctx = { 0 };
    P2cImage p;
    double before = 0, after = 0;
    uint8_t *truth = malloc(3 * S * S);
    assert_works(&ctx, p2c_image_init(&ctx, &p, S, S, 4));
    for (int i = 0; i < S * S; i++) {
        int x = i % S, y = i / S;
        double alpha = fmin(fmax((80 - hypot(x - 100, y - 110)) / 6 + 0.5, 0), 1);
        p.pixels[4 * i + 3] = near(255 * alpha);
        for (int c = 0; c < 3; c++) {
            truth[3 * i + c] = (uint8_t)(40 + 30 * c + x / 8 + 10 * sin(y * 0.1));
            double behind = 230 - 20 * c - y / 8 + 8 * cos(x * 0.1);
            p.pixels[4 * i + c] = near(truth[3 * i + c] * (p.pixels[4 * i + 3] / 255.0) +
                                       behind * (1 - p.pixels[4 * i + 3] / 255.0));
        }
    }
    P2cImage mixed = copy(&p);
    assert_works(&ctx, p2c_foreground_colours(&ctx, &p));
    for (int i = 0; i < S * S; i++)
        for (int c = 0; c < 3 && p.pixels[4 * i + 3] % 255; c++) {
            /* weighted by how visible it is */
            before += abs(mixed.pixels[4 * i + c] - truth[3 * i + c]) * p.pixels[4 * i + 3] / 255.0;
            after += abs(p.pixels[4 * i + c] - truth[3 * i + c]) * p.pixels[4 * i + 3] / 255.0;
        }
    print_message("colours of the edge: %.0f times nearer\n", before / after);
    assert_true(after * 5 < before);
    p2c_image_clear(&p);
    p2c_image_clear(&mixed);
    free(truth);
}

static void threads_do_not_show(void **state) {
    (void)state;
    P2cContext one = { .threads = 1 }, many = { .threads = 7, .team = p2c_team_new(7) };
    P2cImage a = patches(151, 67), b = copy(&a);
    assert_works(&one, p2c_foreground_colours(&one, &a));
    assert_works(&many, p2c_foreground_colours(&many, &b));
    assert_int_equal(test_worst(a.pixels, b.pixels, 4 * 151 * 67), 0);
    p2c_team_free(&many.team);
    p2c_image_clear(&a);
    p2c_image_clear(&b);
}

const struct CMUnitTest p2c_tests_foreground[] = {
    cmocka_unit_test(against_the_formulas),
    cmocka_unit_test(mixed_colours_come_back),
    cmocka_unit_test(threads_do_not_show),
};
const size_t p2c_tests_foreground_count =
    sizeof p2c_tests_foreground / sizeof *p2c_tests_foreground;

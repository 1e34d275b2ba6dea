/* resize.c: scaled pictures against a reference in double that has no windows, and against Pillow's
 * numbers. */
#include "picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Weight of source pixel k in output position i, straight from the definitions (not normalised). */
static double weight(P2cFilter filter, int in, int out, int i, int k) {
    double s = (double)in / out;
    if (filter == P2C_FILTER_AREA) return fmax(0, fmin((i + 1) * s, k + 1) - fmax(i * s, k));
    if (filter == P2C_FILTER_BILINEAR)
        return fmax(0, 1 - fabs(k - fmin(fmax((i + 0.5) * s - 0.5, 0), in - 1)));
    return fmax(0, 1 - fabs(k + 0.5 - (i + 0.5) * s) / fmax(s, 1));
}

/* One value, before rounding; for RGBA with premultiplied colours. */
static double reference(P2cFilter filter, const P2cImage *in, int w, int h, int x, int y, int c) {
    double sum = 0, total = 0;
    for (int v = 0; v < in->height; v++)
        for (int u = 0; u < in->width; u++) {
            const uint8_t *p =
                in->pixels + ((size_t)v * (size_t)in->width + (size_t)u) * (size_t)in->channels;
            double wt = weight(filter, in->height, h, y, v) * weight(filter, in->width, w, x, u);
            double alpha = in->channels == 4 && c < 3 ? p[3] : 1;
            sum += wt * alpha * p[c];
            total += wt * alpha;
        }
    return total > 0 ? sum / total : 0;
}

static void against_double(int channels) {
    static const int sizes[][4] = { { 37, 23, 16, 16 }, { 37, 23, 10, 6 }, { 37, 23, 60, 41 },
                                    { 5, 3, 30, 2 },    { 1, 1, 4, 4 },    { 9, 1, 1, 9 },
                                    { 1, 9, 9, 1 },     { 2, 2, 3, 3 },    { 40, 30, 1, 1 },
                                    { 36, 24, 12, 8 },  { 21, 20, 21, 7 }, { 3, 50, 2, 49 } };
    P2cContext ctx = { 0 };
    for (int filter = P2C_FILTER_AREA; filter <= P2C_FILTER_ANTIALIAS; filter++) {
        double worst = 0;
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            int w = sizes[i][2], h = sizes[i][3];
            P2cImage in = test_noise(sizes[i][0], sizes[i][1], channels, 7 + (uint32_t)i), out;
            for (int k = 3; channels == 4 && k < in.width * in.height; k += 4)
                in.pixels[4 * k + 3] = k % 8 < 4 ? 0 : 255;
            assert_works(&ctx, p2c_image_resize(&ctx, &in, w, h, (P2cFilter)filter, &out));
            assert_true(out.width == w && out.height == h && out.channels == channels);
            for (int k = 0; k < w * h * channels; k++) {
                double expected = reference((P2cFilter)filter, &in, w, h, k / channels % w,
                                            k / channels / w, k % channels);
                if (w != in.width || h != in.height)
                    worst = fmax(worst, fabs(out.pixels[k] - expected));
            }
            p2c_image_clear(&in);
            p2c_image_clear(&out);
        }
        print_message("filter %d, %d channels: at most %.4f levels from the reference in double\n",
                      filter, channels, worst);
        assert_true(worst < 0.502); /* 1/2 is for the rounding */
    }
}

static void rgb_against_double(void **state) { (void)state, against_double(3); }
static void rgba_against_double(void **state) { (void)state, against_double(4); }

static void against_pillow(const char *name, int width, int height, const int sizes[][2],
                           size_t count, P2cFilter filter) {
    P2cContext ctx = { 0 };
    char file[64];
    size_t size;
    int worst = 0;
    snprintf(file, sizeof file, "%s_of_%dx%d.rgb", name, width, height);
    P2cImage in = { width, height, 3, test_data(file, &size) }, out;
    assert_int_equal(size, width * height * 3);
    for (size_t i = 0; i < count; i++) {
        int w = sizes[i][0], h = sizes[i][1];
        snprintf(file, sizeof file, "%s_to_%dx%d.rgb", name, w, h);
        uint8_t *expected = test_data(file, &size);
        assert_int_equal(size, w * h * 3);
        assert_works(&ctx, p2c_image_resize(&ctx, &in, w, h, filter, &out));
        int difference = test_worst(out.pixels, expected, size);
        if (difference > worst) worst = difference;
        p2c_image_clear(&out);
        free(expected);
    }
    print_message("%s: at most %d levels from Pillow\n", name, worst);
    assert_in_range(worst, 0, 1);
    p2c_image_clear(&in);
}

static void pillow_antialias(void **state) {
    (void)state;
    static const int sizes[][2] = { { 16, 16 }, { 10, 6 }, { 74, 46 },
                                    { 50, 31 }, { 5, 40 }, { 1, 1 } };
    against_pillow("antialias", 37, 23, sizes, sizeof sizes / sizeof *sizes, P2C_FILTER_ANTIALIAS);
}

static void pillow_box(void **state) {
    (void)state;
    static const int sizes[][2] = { { 12, 8 }, { 9, 6 }, { 18, 4 }, { 1, 1 }, { 72, 48 } };
    against_pillow("area", 36, 24, sizes, sizeof sizes / sizeof *sizes, P2C_FILTER_AREA);
}

static void same_size_is_a_copy(void **state) {
    (void)state;
    P2cContext ctx = { 0 };
    for (int channels = 3; channels <= 4; channels++)
        for (int filter = 0; filter < 3; filter++) {
            P2cImage in = test_noise(31, 17, channels, 3), out;
            assert_works(&ctx, p2c_image_resize(&ctx, &in, 31, 17, (P2cFilter)filter, &out));
            assert_int_equal(test_worst(in.pixels, out.pixels, 31 * 17 * (size_t)channels), 0);
            assert_ptr_not_equal(in.pixels, out.pixels);
            p2c_image_clear(&in);
            p2c_image_clear(&out);
        }
}

/* Red with alpha 0 must not bleed into the white beside it; without weighting the edge would turn
 * pink. */
static void clear_pixels_give_no_colour(void **state) {
    (void)state;
    P2cContext ctx = { 0 };
    for (int filter = 0; filter < 3; filter++) {
        P2cImage in, out;
        assert_works(&ctx, p2c_image_init(&ctx, &in, 10, 10, 4));
        for (int i = 0; i < 100; i++)
            memcpy(in.pixels + 4 * i, i % 10 < 5 ? "\xff\0\0\0" : "\xff\xff\xff\xff", 4);
        assert_works(&ctx, p2c_image_resize(&ctx, &in, 7, 23, (P2cFilter)filter, &out));
        int between = 0;
        for (int i = 0; i < 7 * 23; i++) {
            const uint8_t *p = out.pixels + 4 * i;
            if (p[3] > 0) assert_true(p[0] == 255 && p[1] == 255 && p[2] == 255);
            between += p[3] > 0 && p[3] < 255;
        }
        assert_true(between > 0);
        p2c_image_clear(&in);
        p2c_image_clear(&out);
    }
}

/* Long sums and long windows: a constant stays the same constant. */
static void extreme_ratios(void **state) {
    (void)state;
    static const int sizes[][4] = {
        { 1 << 20, 1, 1, 1 },   { 1, 1 << 20, 1, 3 },   { 1, 1, 1 << 20, 1 },
        { 65537, 3, 65536, 2 }, { 3, 65536, 2, 65537 },
    };
    P2cContext ctx = { 0 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int filter = 0; filter < 3; filter++) {
            P2cImage in, out;
            assert_works(&ctx, p2c_image_init(&ctx, &in, sizes[i][0], sizes[i][1], 4));
            memset(in.pixels, 201, (size_t)in.width * (size_t)in.height * 4);
            assert_works(&ctx, p2c_image_resize(&ctx, &in, sizes[i][2], sizes[i][3],
                                                (P2cFilter)filter, &out));
            for (int k = 0; k < out.width * out.height * 4; k++)
                if (out.pixels[k] != 201)
                    fail_msg("case %zu, filter %d: %d at %d", i, filter, out.pixels[k], k);
            p2c_image_clear(&in);
            p2c_image_clear(&out);
        }
}

static void refused(void **state) {
    (void)state;
    P2cContext ctx = { 0 };
    P2cImage in = test_noise(4, 4, 3, 1), out;
    assert_fails(&ctx, p2c_image_resize(&ctx, &in, 0, 4, P2C_FILTER_AREA, &out), P2C_ERR_ARGUMENT,
                 "0 x 4");
    assert_fails(&ctx, p2c_image_resize(&ctx, &in, 4, -4, P2C_FILTER_AREA, &out), P2C_ERR_ARGUMENT,
                 "4 x -4");
    assert_fails(&ctx, p2c_image_resize(&ctx, &in, 1 << 20, 1 << 20, P2C_FILTER_AREA, &out),
                 P2C_ERR_ARGUMENT, "too many");
    assert_fails(&ctx, p2c_image_resize(&ctx, &in, 4, 4, (P2cFilter)3, &out), P2C_ERR_ARGUMENT,
                 "filter 3");
    assert_null(out.pixels);
    p2c_image_clear(&in);
}

const struct CMUnitTest p2c_tests_resize[] = {
    cmocka_unit_test(rgb_against_double),  cmocka_unit_test(rgba_against_double),
    cmocka_unit_test(pillow_antialias),    cmocka_unit_test(pillow_box),
    cmocka_unit_test(same_size_is_a_copy), cmocka_unit_test(clear_pixels_give_no_colour),
    cmocka_unit_test(extreme_ratios),      cmocka_unit_test(refused),
};
const size_t p2c_tests_resize_count = sizeof p2c_tests_resize / sizeof *p2c_tests_resize;

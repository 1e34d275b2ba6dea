/* compose.c: the backgrounds of a cartoon: photo2cartoon's white to the last bit, colours, nothing,
 * the photo, its blurred copy, a picture; and sheets. */
#include "cartoon/cartoon.h"
#include "picture.h"

#include "face/face.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EACH(i, image) for (int i = 0; i < (image).width * (image).height; i++)

static P2cImage flat(int width, int height, int channels, const char *pixel) {
    P2cImage image;
    assert_int_equal(p2c_image_init(NULL, &image, width, height, channels), P2C_OK);
    EACH(i, image) memcpy(image.pixels + channels * i, pixel, (size_t)channels);
    return image;
}

/* A disc in the middle, its edge `soft` pixels wide: 0 to 255. */
static uint8_t disc(int i, int s, double soft) {
    return (uint8_t)(255 *
                         fmin(fmax((0.3 * s - hypot(i % s - 0.5 * (s - 1), i / s - 0.5 * (s - 1))) /
                                           soft +
                                       0.5,
                                   0),
                              1) +
                     0.5);
}

/* A portrait of its own photo, pixel for pixel, with this matte. */
static P2cPortrait portrait_of(int s, double soft) {
    P2cPortrait p = { .picture = flat(s, s, 4, "\x50\x60\x70\0"),
                      .to_photo = { 1, 0, 0, 0, 1, 0 } };
    EACH(i, p.picture) p.picture.pixels[4 * i + 3] = disc(i, s, soft);
    return p;
}

static const P2cBackground white = { .kind = P2C_BACKGROUND_COLOUR, .colour = { 255, 255, 255 } };

/* ---- the square ---- */

static void white_as_published(void **state) {
    (void)state;
    P2cContext ctx = { 0 };
    P2cPortrait portrait = { .picture = test_noise(64, 64, 4, 9) };
    for (int s = 64; s >= 16; s /= 2) {
        P2cImage cartoon = test_noise(s, s, 3, 2), out;
        int k = 64 / s, partly = 0;
        assert_works(&ctx, p2c_compose_crop(&ctx, &cartoon, &portrait, NULL, &white, 0, &out));
        assert_int_equal(out.channels, 3);
        EACH(i, out) {
            double sum = 0;
            for (int y = 0; y < k; y++)
                for (int x = 0; x < k; x++)
                    sum += portrait.picture.pixels[4 * ((i / s * k + y) * 64 + i % s * k + x) + 3];
            double mask = floor(sum / (k * k) + 0.5) / 255;
            partly += mask > 0 && mask < 1;
            for (int c = 0; c < 3; c++)
                assert_int_equal(out.pixels[3 * i + c],
                                 (int)(cartoon.pixels[3 * i + c] * mask + 255 * (1 - mask) + 1e-9));
        }
        assert_true(partly > s * s / 2);
        p2c_image_clear(&cartoon);
        p2c_image_clear(&out);
    }
    p2c_portrait_clear(&portrait);
}

/* A dark head, including its edge, was drawn over white. Over anything else the white must be
 * gone. */
static void no_white_rim(void **state) {
    (void)state;
    enum { S = 100 };
    P2cContext ctx = { 0 };
    P2cPortrait portrait = portrait_of(S, 4);
    P2cImage cartoon = flat(S, S, 3, "\x20\x30\x40"), out;
    static const uint8_t head[3] = { 0x20, 0x30, 0x40 };
    const P2cBackground kinds[] = { { .kind = P2C_BACKGROUND_COLOUR, .colour = { 0, 90, 30 } },
                                    { .kind = P2C_BACKGROUND_TRANSPARENT } };
    EACH(i, cartoon) {
        int a = portrait.picture.pixels[4 * i + 3];
        for (int c = 0; c < 3; c++)
            cartoon.pixels[3 * i + c] = (uint8_t)((head[c] * a + 255 * (255 - a) + 127) / 255);
    }
    for (int k = 0; k < 2; k++) {
        assert_works(&ctx, p2c_compose_crop(&ctx, &cartoon, &portrait, NULL, &kinds[k], 0, &out));
        assert_int_equal(out.channels, k ? 4 : 3);
        EACH(i, out) {
            int a = portrait.picture.pixels[4 * i + 3];
            const uint8_t *p = out.pixels + out.channels * i;
            if (k) assert_int_equal(p[3], a);
            for (int c = 0; c < 3; c++) {
                double want = k ? (a ? head[c] : 255)
                                : head[c] * a / 255.0 + kinds[k].colour[c] * (1 - a / 255.0);
                double seen = k && a ? a / 255.0 : 1;
                if (fabs(p[c] - want) * seen > 10) /* with the white it would be 60 */
                    fail_msg("kind %d, pixel %d, alpha %d: %d, not %g", k, i, a, p[c], want);
            }
        }
        p2c_image_clear(&out);
    }
    p2c_image_clear(&cartoon);
    p2c_portrait_clear(&portrait);
}

static void photo_behind(void **state) {
    (void)state;
    enum { S = 90 };
    P2cContext ctx = { 0 };
    P2cPortrait portrait = portrait_of(S, 4);
    P2cImage cartoon = flat(S, S, 3, "\xc0\xb0\xa0"), photo = test_noise(S, S, 3, 4), out;
    assert_works(&ctx, p2c_compose_crop(&ctx, &cartoon, &portrait, &photo,
                                        &(P2cBackground){ .kind = P2C_BACKGROUND_PHOTO }, 0, &out));
    EACH(i, out) {
        int a = portrait.picture.pixels[4 * i + 3];
        if (a == 0) assert_memory_equal(out.pixels + 3 * i, photo.pixels + 3 * i, 3);
        if (a == 255) assert_memory_equal(out.pixels + 3 * i, cartoon.pixels + 3 * i, 3);
    }
    p2c_image_clear(&cartoon);
    p2c_image_clear(&photo);
    p2c_image_clear(&out);
    p2c_portrait_clear(&portrait);
}

/* A red head on blue, and a smaller cartoon: only the blue is blurred. */
static void blur_leaves_the_head_out(void **state) {
    (void)state;
    enum { S = 300, SMALL = 150 };
    P2cContext ctx = { 0 };
    P2cPortrait portrait = portrait_of(S, 1);
    P2cImage cartoon = flat(SMALL, SMALL, 3, "\x10\x10\x10"), photo = flat(S, S, 3, "\x20\x20\xd0"),
             out;
    EACH(i, photo) {
        int a = disc(i, S, 1);
        photo.pixels[3 * i] = (uint8_t)(0x20 + (255 - 0x20) * a / 255),
                         photo.pixels[3 * i + 2] = (uint8_t)(0xd0 - 0xd0 * a / 255);
    }
    assert_works(&ctx, p2c_compose_crop(&ctx, &cartoon, &portrait, &photo,
                                        &(P2cBackground){ .kind = P2C_BACKGROUND_BLUR }, 0, &out));
    assert_int_equal(out.width, SMALL);
    int clear = 0;
    EACH(i, out) {
        double away = hypot(i % SMALL - 74.5, i / SMALL - 74.5) - 0.3 * SMALL;
        if (away > 1.5 && ++clear &&
            test_worst(out.pixels + 3 * i, (const uint8_t *)"\x20\x20\xd0", 3) > 3)
            fail_msg("pixel %d: red is %d", i, out.pixels[3 * i]);
        if (away < -3) assert_memory_equal(out.pixels + 3 * i, "\x10\x10\x10", 3);
    }
    assert_true(clear > 1000);
    p2c_image_clear(&cartoon);
    p2c_image_clear(&photo);
    p2c_image_clear(&out);
    p2c_portrait_clear(&portrait);
}

/* Column x of the picture has value 2x, row y 5y. It is twice as wide as needed, so the middle half
 * of the columns is used. */
static void picture_covers(void **state) {
    (void)state;
    P2cContext ctx = { 0 };
    P2cPortrait portrait = portrait_of(20, 1);
    P2cImage cartoon = flat(20, 20, 3, "\x10\x10\x10"), picture = flat(80, 40, 4, "\0\0\0\xff"),
             out;
    P2cBackground background = { .kind = P2C_BACKGROUND_PICTURE, .picture = &picture };
    EACH(i, picture)
    picture.pixels[4 * i] = (uint8_t)(2 * (i % 80)),
                       picture.pixels[4 * i + 1] = (uint8_t)(5 * (i / 80));
    assert_works(&ctx, p2c_compose_crop(&ctx, &cartoon, &portrait, NULL, &background, 0, &out));
    for (int x = 0; x < 20; x++)
        assert_in_range(out.pixels[3 * x], 2 * (20 + 2 * x), 2 * (20 + 2 * x + 1));
    for (int y = 0; y < 20; y++)
        assert_in_range(out.pixels[3 * 20 * y + 1], 5 * 2 * y, 5 * (2 * y + 1));
    p2c_image_clear(&out);
    /* of its own size */
    assert_works(&ctx, p2c_compose_ground(&ctx, &picture, &background, 0, NULL, &out));
    EACH(i, out) assert_memory_equal(out.pixels + 3 * i, picture.pixels + 4 * i, 3);
    p2c_image_clear(&out);
    background.picture = NULL;
    assert_fails(&ctx, p2c_compose_crop(&ctx, &cartoon, &portrait, NULL, &background, 0, &out),
                 P2C_ERR_ARGUMENT, "no picture");
    assert_null(out.pixels);
    assert_fails(&ctx, p2c_compose_ground(&ctx, &picture, &background, 0, NULL, &out),
                 P2C_ERR_ARGUMENT, "no picture");
    p2c_image_clear(&picture);
    p2c_image_clear(&cartoon);
    p2c_portrait_clear(&portrait);
}

/* ---- the photo ---- */

static void grounds(void **state) {
    (void)state;
    P2cContext ctx = { 0 };
    P2cImage photo = test_noise(31, 17, 3, 6), out;
    assert_works(&ctx,
                 p2c_compose_ground(&ctx, &photo, &(P2cBackground){ .kind = P2C_BACKGROUND_PHOTO },
                                    0, NULL, &out));
    assert_int_equal(test_worst(out.pixels, photo.pixels, 31 * 17 * 3), 0);
    assert_ptr_not_equal(out.pixels, photo.pixels);
    p2c_image_clear(&out);
    assert_works(&ctx, p2c_compose_ground(
                           &ctx, &photo,
                           &(P2cBackground){ .kind = P2C_BACKGROUND_COLOUR, .colour = { 1, 2, 3 } },
                           0, NULL, &out));
    EACH(i, out) assert_memory_equal(out.pixels + 3 * i, "\1\2\3", 3);
    p2c_image_clear(&out);
    assert_works(&ctx, p2c_compose_ground(&ctx, &photo,
                                          &(P2cBackground){ .kind = P2C_BACKGROUND_TRANSPARENT }, 0,
                                          NULL, &out));
    assert_true(out.width == 31 && out.height == 17 && out.channels == 4);
    EACH(i, out) assert_memory_equal(out.pixels + 4 * i, "\xff\xff\xff\0", 4);
    p2c_image_clear(&out);
    p2c_image_clear(&photo);
}

/* A dark head in front of a light wall leaves no shadow. */
static void blurred_without_heads(void **state) {
    (void)state;
    P2cContext ctx = { 0 };
    P2cImage photo = flat(80, 80, 3, "\xc8\xc8\xc8"), out;
    P2cPortrait portrait = portrait_of(20, 0);
    memcpy(portrait.to_photo, (double[6]){ 1, 0, 30, 0, 1, 20 }, sizeof portrait.to_photo);
    EACH(i, portrait.picture) portrait.picture.pixels[4 * i + 3] = 255;
    EACH(i, photo)
    if (i % 80 >= 30 && i % 80 < 50 && i / 80 >= 20 && i / 80 < 40)
        memset(photo.pixels + 3 * i, 10, 3);
    for (int heads = 0; heads < 2; heads++) {
        assert_works(&ctx, p2c_compose_ground(&ctx, &photo,
                                              &(P2cBackground){ .kind = P2C_BACKGROUND_BLUR },
                                              heads, &portrait, &out));
        int beside = out.pixels[3 * (30 * 80 + 29)];
        if (heads) assert_in_range(beside, 195, 205);
        else assert_in_range(beside, 50, 180);
        p2c_image_clear(&out);
    }
    p2c_image_clear(&photo);
    p2c_portrait_clear(&portrait);
}

/* A step becomes the integral of a Gaussian of 2 % of the longer side, at every size; transparent
 * pixels give no colour. */
static void blurred_ground(void **state) {
    (void)state;
    static const int sizes[][3] = { { 200, 100, 3 }, { 1000, 333, 3 }, { 400, 30, 4 } };
    P2cContext ctx = { 0 };
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        int w = sizes[k][0], h = sizes[k][1], channels = sizes[k][2];
        P2cImage photo = flat(w, h, channels, "\x28\x28\x28\xff"), out;
        EACH(i, photo) {
            if (i % w >= w / 2) memset(photo.pixels + channels * i, 200, 3);
            if (channels == 4 && i / w % 2) memcpy(photo.pixels + 4 * i, "\xff\0\0\0", 4);
        }
        assert_works(&ctx, p2c_compose_ground(&ctx, &photo,
                                              &(P2cBackground){ .kind = P2C_BACKGROUND_BLUR }, 0,
                                              NULL, &out));
        assert_true(out.width == w && out.height == h && out.channels == 3);
        EACH(i, out) {
            double want =
                40 + 160 * (0.5 + 0.5 * erf((i % w - w / 2 + 0.5) / (0.02 * w * sqrt(2))));
            if (fabs(out.pixels[3 * i + 1] - want) > 5 ||
                out.pixels[3 * i] != out.pixels[3 * i + 1])
                fail_msg("size %zu, pixel %d: %d, not %g", k, i, out.pixels[3 * i + 1], want);
        }
        p2c_image_clear(&out);
        p2c_image_clear(&photo);
    }
}

static void sheet(void **state) {
    (void)state;
    P2cContext ctx = { 0 };
    P2cImage before = test_noise(30, 64, 3, 1), after = flat(20, 64, 4, "\x0a\x14\x1e\0"), out;
    EACH(i, after) after.pixels[4 * i + 3] = i % 20 < 10 ? 255 : 0;
    assert_works(&ctx, p2c_compose_sheet(&ctx, &before, &after, &out));
    assert_true(out.width == 30 + 2 + 20 && out.height == 64 && out.channels == 3);
    for (int y = 0; y < 64; y++) {
        const uint8_t *row = out.pixels + 3 * 52 * y;
        assert_memory_equal(row, before.pixels + 3 * 30 * y, 90);
        for (int x = 30; x < 52; x++)
            assert_memory_equal(row + 3 * x, x >= 32 && x < 42 ? "\x0a\x14\x1e" : "\xff\xff\xff",
                                3);
    }
    p2c_image_clear(&out);
    p2c_image_clear(&before);
    p2c_image_clear(&after);
}

/* With all of the photo the crop is the portrait over its background; with a half, the mean. */
static void the_photo_shows_through(void **state) {
    (void)state;
    static const P2cBackground blue = { .kind = P2C_BACKGROUND_COLOUR, .colour = { 30, 60, 220 } },
                               *const backgrounds[] = { &white, &blue };
    P2cContext ctx = { 0 };
    P2cPortrait portrait = portrait_of(64, 12);
    P2cImage cartoon = flat(64, 64, 3, "\xd0\x20\x40");
    for (int k = 0; k < 2; k++) {
        P2cImage whole, half, none;
        double worst = 0, halves = 0;
        assert_works(&ctx,
                     p2c_compose_crop(&ctx, &cartoon, &portrait, NULL, backgrounds[k], 0, &whole));
        assert_works(&ctx,
                     p2c_compose_crop(&ctx, &cartoon, &portrait, NULL, backgrounds[k], 0.5, &half));
        assert_works(&ctx,
                     p2c_compose_crop(&ctx, &cartoon, &portrait, NULL, backgrounds[k], 1, &none));
        EACH(i, none) for (int c = 0; c < 3; c++) {
            const uint8_t *p = portrait.picture.pixels + 4 * i;
            double want = p[c] * p[3] / 255.0 + backgrounds[k]->colour[c] * (255 - p[3]) / 255.0;
            worst = fmax(worst, fabs(none.pixels[3 * i + c] - want));
            halves =
                fmax(halves, fabs(half.pixels[3 * i + c] - (whole.pixels[3 * i + c] + want) / 2));
        }
        if (!(worst <= 1 && halves <= 2)) fail_msg("off by %g and %g", worst, halves);
        p2c_image_clear(&whole);
        p2c_image_clear(&half);
        p2c_image_clear(&none);
    }
    p2c_image_clear(&cartoon);
    p2c_portrait_clear(&portrait);
}

const struct CMUnitTest p2c_tests_compose[] = {
    cmocka_unit_test(the_photo_shows_through),
    cmocka_unit_test(white_as_published),
    cmocka_unit_test(no_white_rim),
    cmocka_unit_test(photo_behind),
    cmocka_unit_test(blur_leaves_the_head_out),
    cmocka_unit_test(picture_covers),
    cmocka_unit_test(grounds),
    cmocka_unit_test(blurred_ground),
    cmocka_unit_test(blurred_without_heads),
    cmocka_unit_test(sheet),
};
const size_t p2c_tests_compose_count = sizeof p2c_tests_compose / sizeof *p2c_tests_compose;

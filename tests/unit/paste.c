/* paste.c: a crop that is pasted back gives the photo again; nothing changes where nothing is
 * pasted; no seam, no white rim; transparent grounds. */
#include "cartoon/cartoon.h"
#include "picture.h"

#include "base/team.h"
#include "face/face.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { W = 170, H = 140, S = 90 };
/* for a square of side S, within the photo */
static const double tilted[6] = { 0.8, -0.6, 60, 0.6, 0.8, 8 };

static P2cImage smooth(void) {
    P2cImage image;
    assert_int_equal(p2c_image_init(NULL, &image, W, H, 3), P2C_OK);
    for (int i = 0; i < W * H; i++) {
        double x = i % W, y = i / W;
        image.pixels[3 * i] = (uint8_t)(x * 1.4), image.pixels[3 * i + 1] = (uint8_t)(y * 1.7);
        image.pixels[3 * i + 2] = (uint8_t)(128 + 90 * sin(x * 0.05 + y * 0.04));
    }
    return image;
}

static P2cImage flat(int width, int height, int channels, const char *pixel) {
    P2cImage image;
    assert_int_equal(p2c_image_init(NULL, &image, width, height, channels), P2C_OK);
    for (int i = 0; i < width * height; i++)
        memcpy(image.pixels + channels * i, pixel, (size_t)channels);
    return image;
}

static P2cImage copy(const P2cImage *from) {
    P2cImage image;
    assert_int_equal(p2c_image_init(NULL, &image, from->width, from->height, from->channels),
                     P2C_OK);
    memcpy(image.pixels, from->pixels,
           (size_t)from->width * (size_t)from->height * (size_t)from->channels);
    return image;
}

/* All opaque, or a disc in the middle with an edge of 6 pixels. */
static P2cPortrait portrait(const double to_photo[6], bool head) {
    P2cPortrait p = { .picture = flat(S, S, 4, "\x80\x80\x80\xff") };
    memcpy(p.to_photo, to_photo, sizeof p.to_photo);
    for (int i = 0; head && i < S * S; i++)
        p.picture.pixels[4 * i + 3] =
            (uint8_t)(255 * fmin(fmax((30 - hypot(i % S - 44.5, i / S - 44.5)) / 6 + 0.5, 0), 1) +
                      0.5);
    return p;
}

/* The position of a pixel of the photo in the tilted square. */
static P2cPoint in_square(int i) {
    double x = i % W - tilted[2], y = i / W - tilted[5];
    return (P2cPoint){ 0.8 * x + 0.6 * y, -0.6 * x + 0.8 * y };
}

/* If the cartoon is the crop itself, at its own or another size, the result is the photo again,
 * without a seam. */
static void crop_goes_back(void **state) {
    (void)state;
    static const struct {
        int size, levels;
    } cases[] = { { S, 2 }, { 45, 3 }, { 180, 2 }, { 61, 3 } };
    P2cContext ctx = { .threads = 2 };
    P2cImage photo = smooth(), crop;
    P2cAlignment alignment = { .size = S };
    memcpy(alignment.to_photo, tilted, sizeof tilted);
    assert_works(&ctx, p2c_align_cut(&ctx, &photo, &alignment, &crop));
    P2cPortrait p = portrait(tilted, false);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        P2cImage cartoon, ground = copy(&photo);
        assert_works(&ctx,
                     p2c_image_resize(&ctx, &crop, cases[k].size, cases[k].size,
                                      cases[k].size > S ? P2C_FILTER_BILINEAR : P2C_FILTER_AREA,
                                      &cartoon));
        assert_works(&ctx, p2c_compose_paste(&ctx, &cartoon, &p, 1, &ground));
        int worst = test_worst(ground.pixels, photo.pixels, 3 * W * H);
        if (worst > cases[k].levels)
            fail_msg("cartoon of %d: off by %d levels", cases[k].size, worst);
        p2c_image_clear(&ground);
        /* make sure that something is pasted at all */
        memset(cartoon.pixels, 0, 3 * (size_t)cases[k].size * (size_t)cases[k].size);
        ground = copy(&photo);
        assert_works(&ctx, p2c_compose_paste(&ctx, &cartoon, &p, 1, &ground));
        assert_true(test_worst(ground.pixels, photo.pixels, 3 * W * H) > 100);
        p2c_image_clear(&cartoon);
        p2c_image_clear(&ground);
    }
    p2c_image_clear(&photo);
    p2c_image_clear(&crop);
    p2c_portrait_clear(&p);
}

static void nothing_else_changes(void **state) {
    (void)state;
    P2cContext ctx = { 0 };
    P2cPortrait p = portrait(tilted, true);
    for (int channels = 3; channels <= 4; channels++) {
        P2cImage photo = test_noise(W, H, channels, 3), ground = copy(&photo),
                 cartoon = flat(64, 64, 3, "\x40\x40\x40");
        int changed = 0;
        assert_works(&ctx, p2c_compose_paste(&ctx, &cartoon, &p, 1, &ground));
        for (int i = 0; i < W * H; i++) {
            P2cPoint at = in_square(i);
            double away = hypot(at.x - 44.5, at.y - 44.5);
            bool same = !memcmp(photo.pixels + channels * i, ground.pixels + channels * i,
                                (size_t)channels);
            if (away > 30 + 3 + 1.5 && !same)
                fail_msg("pixel %d, %g from the middle, has changed", i, away);
            changed += !same;
        }
        assert_true(changed > 2500 && changed < 3700); /* a disc of radius 30 to 33 */
        p2c_image_clear(&photo);
        p2c_image_clear(&ground);
        p2c_image_clear(&cartoon);
    }
    p2c_portrait_clear(&p);
}

/* White on black shows the weight: 0 at the square's border, rising to 1 at 6 %. */
static void feather_grows(void **state) {
    (void)state;
    static const double straight[6] = { 1, 0, 40, 0, 1, 20 };
    P2cContext ctx = { 0 };
    P2cPortrait p = portrait(straight, false);
    P2cImage ground = flat(W, H, 3, "\0\0"), cartoon = flat(S, S, 3, "\xff\xff\xff");
    assert_works(&ctx, p2c_compose_paste(&ctx, &cartoon, &p, 1, &ground));
    for (int along = 0; along < 2; along++) {
        int step = along ? 3 * W : 3;
        const uint8_t *first = ground.pixels + 3 * (along ? 20 * W + 85 : 65 * W + 40), *at = first;
        assert_int_equal(at[-step], 0);
        assert_in_range(at[0], 1, 15);
        for (int d = 1; d < 45; d++, at += step) {
            assert_true(at[step] >= at[0] && at[step] - at[0] < 100);
            /* the same at the other end; at the bottom the rise is longer */
            int opposite = first[(S - d) * step];
            if (along && at[0] < 255) assert_true(opposite < at[0]);
            else if (!along || d - 0.5 >= 0.14 * S) assert_int_equal(opposite, at[0]);
            if (d - 0.5 >= 0.06 * S) assert_int_equal(at[0], 255);
            else assert_true(at[0] < 255);
        }
    }
    p2c_image_clear(&ground);
    p2c_image_clear(&cartoon);
    p2c_portrait_clear(&p);
}

/* A dark head that was drawn over white is pasted into a dark photo: nothing may be brighter than
 * both. */
static void no_white_rim(void **state) {
    (void)state;
    P2cContext ctx = { 0 };
    P2cPortrait p = portrait(tilted, true);
    for (int size = 45; size <= 180; size *= 2) {
        P2cImage ground = flat(W, H, 3, "\x50\x50\x50"), cartoon, matted;
        P2cImage dark = flat(size, size, 3, "\x20\x20\x20");
        assert_works(&ctx, p2c_compose_matted(&ctx, &dark, &p, &matted));
        cartoon = matted;
        p2c_image_over_white(&cartoon);
        assert_works(&ctx, p2c_compose_paste(&ctx, &cartoon, &p, 1, &ground));
        int brightest = 0, darkest = 255;
        for (int i = 0; i < 3 * W * H; i++) {
            if (ground.pixels[i] > brightest) brightest = ground.pixels[i];
            if (ground.pixels[i] < darkest) darkest = ground.pixels[i];
        }
        assert_in_range(brightest, 0x50, 0x56); /* with the white it would be over 0x68 */
        assert_in_range(darkest, 0x1e, 0x20);
        p2c_image_clear(&ground);
        p2c_image_clear(&cartoon);
        p2c_image_clear(&dark);
    }
    p2c_portrait_clear(&p);
}

/* A chessboard four times finer than the photo's pixels becomes grey. */
static void finer_cartoons_are_averaged(void **state) {
    (void)state;
    enum { FINE = 4 * S };
    P2cContext ctx = { 0 };
    P2cPortrait p = portrait(tilted, false);
    P2cImage ground = flat(W, H, 3, "\x80\x80\x80"), cartoon = flat(FINE, FINE, 3, "\0\0");
    for (int i = 0; i < FINE * FINE; i++)
        if ((i % FINE + i / FINE) % 2) memset(cartoon.pixels + 3 * i, 255, 3);
    assert_works(&ctx, p2c_compose_paste(&ctx, &cartoon, &p, 1, &ground));
    for (int i = 0; i < 3 * W * H; i++) assert_in_range(ground.pixels[i], 127, 129);
    p2c_image_clear(&ground);
    p2c_image_clear(&cartoon);
    p2c_portrait_clear(&p);
}

/* On a transparent ground, alpha is the weight and the colours are the cartoon's. On an opaque RGBA
 * ground the result is the same as on RGB; half-transparent grounds lie between. */
static void transparent_ground(void **state) {
    (void)state;
    P2cContext ctx = { 0 };
    P2cPortrait p = portrait(tilted, true);
    P2cImage cartoon = flat(S, S, 3, "\x20\x40\x60");
    P2cImage rgb = flat(W, H, 3, "\xc8\x96\x64"), opaque = flat(W, H, 4, "\xc8\x96\x64\xff");
    P2cImage clear = flat(W, H, 4, "\xff\xff\xff\0"), half = flat(W, H, 4, "\xc8\x96\x64\x80");
    P2cImage *grounds[] = { &rgb, &opaque, &clear, &half };
    for (int k = 0; k < 4; k++)
        assert_works(&ctx, p2c_compose_paste(&ctx, &cartoon, &p, 1, grounds[k]));
    int soft = 0;
    for (int i = 0; i < W * H; i++) {
        const uint8_t *a = rgb.pixels + 3 * i, *b = opaque.pixels + 4 * i,
                      *c = clear.pixels + 4 * i, *d = half.pixels + 4 * i;
        assert_true(!memcmp(a, b, 3) && b[3] == 255);
        assert_true(!memcmp(c, c[3] ? "\x20\x40\x60" : "\xff\xff\xff", 3));
        double w = c[3] / 255.0, alpha = w + (1 - w) * 128 / 255;
        assert_true(fabs(d[3] - 255 * alpha) < 1.6);
        for (int q = 0; q < 3; q++) {
            assert_true(
                fabs(a[q] - (cartoon.pixels[q] * w + (uint8_t) "\xc8\x96\x64"[q] * (1 - w))) < 2);
            assert_true(fabs(d[q] - (cartoon.pixels[q] * w +
                                     (uint8_t) "\xc8\x96\x64"[q] * (1 - w) * 128 / 255) /
                                        alpha) < 2);
        }
        soft += c[3] % 255 > 0;
    }
    assert_true(soft > 300);
    for (int k = 0; k < 4; k++) p2c_image_clear(grounds[k]);
    p2c_image_clear(&cartoon);
    p2c_portrait_clear(&p);
}

/* Half of the strength is half of the change; none is the ground, bit for bit. */
static void strengths(void **state) {
    (void)state;
    P2cContext ctx = { 0 };
    P2cPortrait p = portrait(tilted, true);
    P2cImage cartoon = flat(S, S, 3, "\x20\x40\x60"), photo = smooth(), whole = copy(&photo),
             half = copy(&photo), none = copy(&photo);
    assert_works(&ctx, p2c_compose_paste(&ctx, &cartoon, &p, 1, &whole));
    assert_works(&ctx, p2c_compose_paste(&ctx, &cartoon, &p, 0.5, &half));
    assert_works(&ctx, p2c_compose_paste(&ctx, &cartoon, &p, 0, &none));
    assert_int_equal(test_worst(none.pixels, photo.pixels, 3 * W * H), 0);
    for (int i = 0; i < 3 * W * H; i++)
        assert_true(fabs(half.pixels[i] - (photo.pixels[i] + whole.pixels[i]) / 2.0) < 1.6);
    P2cImage *all[] = { &cartoon, &photo, &whole, &half, &none };
    for (int k = 0; k < 5; k++) p2c_image_clear(all[k]);
    p2c_portrait_clear(&p);
}

/* Squares that reach out of the photo, or lie beside it. The result does not depend on the number
 * of threads. */
static void squares_beside_the_photo(void **state) {
    (void)state;
    static const double maps[][6] = {
        { 0.8, -0.6, -30, 0.6, 0.8, -40 }, { 1, 0, 120, 0, 1, 100 }, { 1, 0, 1e6, 0, 1, 5 },
        { 0, -1, 20, 1, 0, -1000 },        { 3, 0, -40, 0, 3, -60 },
    };
    static const bool seen[] = { true, true, false, false, true };
    P2cContext one = { .threads = 1 }, three = { .threads = 3, .team = p2c_team_new(3) };
    P2cImage cartoon = flat(50, 50, 3, "\x40\x80\xff");
    for (size_t k = 0; k < sizeof maps / sizeof *maps; k++) {
        P2cPortrait p = portrait(maps[k], false);
        P2cImage a = flat(W, H, 3, "\0\0"), b = copy(&a), before = copy(&a);
        assert_works(&one, p2c_compose_paste(&one, &cartoon, &p, 1, &a));
        assert_works(&three, p2c_compose_paste(&three, &cartoon, &p, 1, &b));
        assert_int_equal(test_worst(a.pixels, b.pixels, 3 * W * H), 0);
        assert_int_equal(test_worst(a.pixels, before.pixels, 3 * W * H) == 255, seen[k]);
        p2c_image_clear(&a);
        p2c_image_clear(&b);
        p2c_image_clear(&before);
        p2c_portrait_clear(&p);
    }
    p2c_team_free(&three.team);
    p2c_image_clear(&cartoon);
}

const struct CMUnitTest p2c_tests_paste[] = {
    cmocka_unit_test(crop_goes_back),
    cmocka_unit_test(nothing_else_changes),
    cmocka_unit_test(feather_grows),
    cmocka_unit_test(no_white_rim),
    cmocka_unit_test(finer_cartoons_are_averaged),
    cmocka_unit_test(transparent_ground),
    cmocka_unit_test(strengths),
    cmocka_unit_test(squares_beside_the_photo),
};
const size_t p2c_tests_paste_count = sizeof p2c_tests_paste / sizeof *p2c_tests_paste;

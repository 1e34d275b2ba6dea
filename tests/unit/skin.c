/* skin.c: where skin is found in a drawn portrait, and how near a white cartoon's skin comes to the
 * photo's. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cartoon/cartoon.h"
#include "drawn.h"

enum { SIZE = 256 };

/* Three colours of skin, as what grey 190 becomes. */
static const double tones[3][3] = { { 232, 190, 168 }, { 198, 142, 106 }, { 122, 80, 58 } };

/* The drawn portrait with skin of this tone; hair, eyes and mouth are darker and less coloured. */
static P2cPortrait coloured(P2cContext *ctx, const double tone[3]) {
    P2cPortrait p = test_drawn_portrait(ctx, SIZE);
    for (int i = 0; i < SIZE * SIZE; i++) {
        uint8_t *pixel = p.picture.pixels + 4 * i;
        double grey = pixel[0], share = grey < 120 || grey > 220 ? 0 : 1;
        for (int c = 0; c < 3; c++)
            pixel[c] = (uint8_t)fmin(255, share ? grey / 190 * tone[c] : grey);
    }
    return p;
}

/* A drawing of it as generators make it: skin is white, all else as it was. */
static P2cImage white_cartoon(P2cContext *ctx, const P2cPortrait *p) {
    P2cImage out;
    assert_works(ctx, p2c_image_init(ctx, &out, SIZE, SIZE, 3));
    for (int i = 0; i < SIZE * SIZE; i++) {
        const uint8_t *from = p->picture.pixels + 4 * i;
        bool skin = from[0] > from[2] + 15;
        for (int c = 0; c < 3; c++) out.pixels[3 * i + c] = skin ? 250 : from[c];
    }
    return out;
}

/* Position in units of the drawing (drawn.c) -> pixel. */
static size_t at(double x, double y) {
    double unit = SIZE * 0.36 / 100;
    return (size_t)lround(SIZE / 2.0 + y * unit) * SIZE + (size_t)lround(SIZE / 2.0 + x * unit);
}

/* Cheeks, chin and forehead, and what is none of them: hair, fringe, eyes, brows, lips, wall. */
static const double skin[][2] = { { -32, 15 }, { 32, 15 }, { 0, 58 }, { 0, -30 }, { -25, 45 } };
static const double other[][2] = { { 0, -85 },  { 0, -65 }, { -21, -7 }, { 21, -7 },
                                   { 22, -22 }, { 0, 40 },  { -56, 0 },  { 65, 65 } };

static void map_of_skin(void **state) {
    Scratch *s = *state;
    uint8_t *map = malloc((size_t)SIZE * SIZE);
    assert_non_null(map);
    for (int t = 0; t < 3; t++) {
        P2cPortrait p = coloured(s->ctx, tones[t]);
        assert_works(s->ctx, p2c_skin_map(s->ctx, &p, &p.picture, map));
        for (size_t i = 0; i < sizeof skin / sizeof *skin; i++)
            if (map[at(skin[i][0], skin[i][1])] < 200)
                fail_msg("tone %d: skin %zu is %d", t, i, map[at(skin[i][0], skin[i][1])]);
        for (size_t i = 0; i < sizeof other / sizeof *other; i++)
            if (map[at(other[i][0], other[i][1])] > 40)
                fail_msg("tone %d: other %zu is %d", t, i, map[at(other[i][0], other[i][1])]);
        p2c_portrait_clear(&p);
    }
    free(map);
}

/* Eyes and mouth are left out even where they have the colour of the skin. */
static void features_are_no_skin(void **state) {
    static const double features[][2] = { { -21, -7 }, { 21, -7 }, { 0, 40 } };
    Scratch *s = *state;
    uint8_t *map = malloc((size_t)SIZE * SIZE);
    assert_non_null(map);
    P2cPortrait p = test_drawn_portrait(s->ctx, SIZE);
    for (int i = 0; i < SIZE * SIZE; i++) memcpy(p.picture.pixels + 4 * i, "\xe8\xbe\xa8", 3);
    assert_works(s->ctx, p2c_skin_map(s->ctx, &p, &p.picture, map));
    assert_true(map[at(-32, 15)] > 200);
    for (size_t i = 0; i < 3; i++)
        if (map[at(features[i][0], features[i][1])] > 100)
            fail_msg("feature %zu is %d", i, map[at(features[i][0], features[i][1])]);
    p2c_portrait_clear(&p);
    free(map);
}

/* CIE 1976 L*a*b* of sRGB, D65. */
static void to_lab(const double rgb[3], double lab[3]) {
    static const double matrix[3][3] = { { 0.4124, 0.3576, 0.1805 },
                                         { 0.2126, 0.7152, 0.0722 },
                                         { 0.0193, 0.1192, 0.9505 } },
                        white[3] = { 0.9505, 1, 1.089 };
    double linear[3], f[3];
    for (int c = 0; c < 3; c++) {
        double v = rgb[c] / 255;
        linear[c] = v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
    }
    for (int k = 0; k < 3; k++) {
        double t = 0;
        for (int c = 0; c < 3; c++) t += matrix[k][c] * linear[c] / white[k];
        f[k] = t > 0.008856 ? cbrt(t) : 7.787 * t + 16 / 116.0;
    }
    lab[0] = 116 * f[1] - 16, lab[1] = 500 * (f[0] - f[1]), lab[2] = 200 * (f[1] - f[2]);
}

/* The mean of small squares at the places of `skin`. */
static void mean_lab(const P2cImage *image, double lab[3]) {
    double sum[3] = { 0 };
    for (size_t i = 0; i < sizeof skin / sizeof *skin; i++)
        for (int d = 0; d < 9; d++) {
            size_t k = at(skin[i][0], skin[i][1]) + (size_t)(d % 3) + (size_t)(d / 3 * SIZE);
            for (size_t c = 0; c < 3; c++)
                sum[c] += image->pixels[k * (size_t)image->channels + c] / 9.0 /
                          (double)(sizeof skin / sizeof *skin);
        }
    to_lab(sum, lab);
}

static double difference(const double a[3], const double b[3]) {
    return sqrt(pow(a[0] - b[0], 2) + pow(a[1] - b[1], 2) + pow(a[2] - b[2], 2));
}

/* The hue is the photo's within 10 degrees, and more than half of the difference is gone. Nothing
 * else changes by more than a few levels. The number of threads does not matter. */
static void white_faces(void **state) {
    Scratch *s = *state;
    for (int t = 0; t < 3; t++) {
        P2cPortrait p = coloured(s->ctx, tones[t]);
        P2cImage before = white_cartoon(s->ctx, &p), after = white_cartoon(s->ctx, &p),
                 again = white_cartoon(s->ctx, &p);
        double photo[3], white[3], drawn[3];
        assert_works(s->ctx, p2c_skin_photo(s->ctx, &p, &after));
        assert_works(s->ctx, p2c_skin_photo(&(P2cContext){ .threads = 3 }, &p, &again));
        assert_int_equal(test_worst(after.pixels, again.pixels, 3 * SIZE * SIZE), 0);
        mean_lab(&p.picture, photo);
        mean_lab(&before, white);
        mean_lab(&after, drawn);
        double turn = atan2(drawn[2], drawn[1]) - atan2(photo[2], photo[1]);
        if (!(fabs(turn) < 10 * M_PI / 180 &&
              difference(drawn, photo) < 0.5 * difference(white, photo)))
            fail_msg("tone %d: Lab %g %g %g, photo %g %g %g, before %g %g %g", t, drawn[0],
                     drawn[1], drawn[2], photo[0], photo[1], photo[2], white[0], white[1],
                     white[2]);
        for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
            size_t k = 3 * at(other[i][0], other[i][1]);
            int worst = test_worst(before.pixels + k, after.pixels + k, 3);
            if (worst > 12) fail_msg("tone %d: other %zu changes by %d", t, i, worst);
        }
        p2c_image_clear(&before);
        p2c_image_clear(&after);
        p2c_image_clear(&again);
        p2c_portrait_clear(&p);
    }
}

const struct CMUnitTest p2c_tests_skin[] = { TEST(map_of_skin), TEST(features_are_no_skin),
                                             TEST(white_faces) };
const size_t p2c_tests_skin_count = sizeof p2c_tests_skin / sizeof *p2c_tests_skin;

/* align.c: squares around faces against photo2cartoon's geometry, which make_align_fixtures.py
 * computes step by step; quarter turns; transparency; refusals. */
#include "picture.h"

#include "base/team.h"
#include "face/face.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 160, HEIGHT = 120, CASES = 11 };

/* The picture that make_align_fixtures.py draws. */
static P2cImage draw_photo(void) {
    P2cImage photo;
    assert_int_equal(p2c_image_init(NULL, &photo, WIDTH, HEIGHT, 3), P2C_OK);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            uint8_t *p = photo.pixels + 3 * (y * WIDTH + x);
            p[0] = (uint8_t)abs((5 * x + 2 * y) % 510 - 255);
            p[1] = (uint8_t)abs((3 * y + x * y / 16) % 510 - 255);
            p[2] = (uint8_t)((3 * x * x + 5 * y * y + 7 * x * y) % 256);
        }
    return photo;
}

typedef struct Case {
    P2cFace face;
    int size;
    double angle;
} Case;

static void read_cases(Case cases[CASES]) {
    size_t size;
    char *text = (char *)test_data("align.txt", &size), *at = text;
    for (int i = 0; i < CASES; i++) {
        cases[i] = (Case){ 0 };
        cases[i].face.turns = (int)strtol(at, &at, 10);
        cases[i].size = (int)strtol(at, &at, 10);
        cases[i].angle = strtod(at, &at);
        for (int k = 0; k < P2C_LANDMARKS; k++)
            cases[i].face.landmarks[k].x = strtod(at, &at),
            cases[i].face.landmarks[k].y = strtod(at, &at);
        assert_true(cases[i].size > 1);
    }
    free(text);
}

static void as_published(void **state) {
    (void)state;
    P2cContext ctx = { .threads = 2 };
    P2cImage photo = draw_photo(), crop;
    Case cases[CASES];
    read_cases(cases);
    for (int i = 0; i < CASES; i++) {
        P2cAlignment alignment;
        assert_works(&ctx, p2c_align(&ctx, &cases[i].face, WIDTH, HEIGHT, &alignment));
        assert_works(&ctx, p2c_align_cut(&ctx, &photo, &alignment, &crop));
        char name[32];
        size_t size, off = 0;
        snprintf(name, sizeof name, "align_%d.rgb", i);
        uint8_t *expected = test_data(name, &size);
        assert_int_equal(alignment.size, cases[i].size);
        assert_int_equal(crop.width, cases[i].size);
        assert_int_equal(crop.height, cases[i].size);
        assert_int_equal(size, 3 * crop.width * crop.height);
        for (size_t k = 0; k < size; k++) off += abs(crop.pixels[k] - expected[k]) > 1;
        if (off * 1000 > size)
            fail_msg("case %d: %zu of %zu values are off by more than 1", i, off, size);
        double turned = cases[i].angle - 90 * cases[i].face.turns;
        assert_true(fabs(alignment.angle - (turned <= -180 ? turned + 360 : turned)) < 1e-6);
        p2c_image_clear(&crop);
        free(expected);
    }
    p2c_image_clear(&photo);
}

/* After the rotation the corners of the eyes are on one row, the right eye (36) on the left, and
 * the map keeps lengths. */
static void eyes_are_level(void **state) {
    (void)state;
    P2cContext ctx = { 0 };
    Case cases[CASES];
    read_cases(cases);
    for (int i = 0; i < CASES; i++) {
        P2cAlignment a;
        assert_works(&ctx, p2c_align(&ctx, &cases[i].face, WIDTH, HEIGHT, &a));
        const double *m = a.to_photo;
        P2cPoint right = cases[i].face.landmarks[36], left = cases[i].face.landmarks[45];
        /* the inverse of a rotation is its transpose */
        double dx = left.x - right.x, dy = left.y - right.y;
        assert_true(fabs(m[0] * m[0] + m[3] * m[3] - 1) < 1e-9 &&
                    fabs(m[0] * m[4] - m[1] * m[3] - 1) < 1e-9);
        assert_true(fabs(m[1] * dx + m[4] * dy) < 1e-9 && m[0] * dx + m[3] * dy > 0);
        /* counterclockwise by the angle, in a picture whose y goes down */
        double radian = a.angle * acos(-1.0) / 180;
        assert_true(fabs(cos(radian) - m[0]) < 1e-9 && fabs(sin(radian) - m[3]) < 1e-9);
    }
}

static void quarter_turns(void **state) {
    (void)state;
    P2cContext ctx = { 0 };
    for (int channels = 3; channels <= 4; channels++)
        for (int turns = 0; turns < 4; turns++) {
            P2cImage photo = test_noise(13, 7, channels, 5), turned;
            assert_works(&ctx, p2c_turn_image(&ctx, &photo, turns, &turned));
            assert_int_equal(turned.width, turns % 2 ? 7 : 13);
            for (int y = 0; y < 7; y++)
                for (int x = 0; x < 13; x++) {
                    P2cPoint there = p2c_turn_point((P2cPoint){ x, y }, 13, 7, turns),
                             back = p2c_unturn_point(there, 13, 7, turns);
                    assert_true(back.x == x && back.y == y);
                    assert_memory_equal(photo.pixels + channels * (13 * y + x),
                                        turned.pixels +
                                            channels * (turned.width * (int)there.y + (int)there.x),
                                        (size_t)channels);
                }
            p2c_image_clear(&photo);
            p2c_image_clear(&turned);
        }
    /* clockwise: the corner at the top left goes to the top right */
    P2cPoint corner = p2c_turn_point((P2cPoint){ 0, 0 }, 13, 7, 1);
    assert_true(corner.x == 6 && corner.y == 0);
}

/* A face in a turned photo gives the same crop as in the original photo. */
static void turned_photo_is_the_same(void **state) {
    (void)state;
    P2cContext ctx = { 0 };
    P2cImage photo = draw_photo(), turned, a, b;
    Case cases[CASES];
    read_cases(cases);
    for (int turns = 1; turns < 4; turns++) {
        P2cFace there = cases[1].face, here = there;
        P2cAlignment alignment;
        here.turns = (4 - turns) % 4; /* back */
        assert_works(&ctx, p2c_turn_image(&ctx, &photo, turns, &turned));
        for (int i = 0; i < P2C_LANDMARKS; i++)
            here.landmarks[i] = p2c_turn_point(there.landmarks[i], WIDTH, HEIGHT, turns);
        assert_works(&ctx, p2c_align(&ctx, &there, WIDTH, HEIGHT, &alignment));
        assert_works(&ctx, p2c_align_cut(&ctx, &photo, &alignment, &a));
        assert_works(&ctx, p2c_align(&ctx, &here, turned.width, turned.height, &alignment));
        assert_works(&ctx, p2c_align_cut(&ctx, &turned, &alignment, &b));
        assert_int_equal(a.width, b.width);
        assert_in_range(test_worst(a.pixels, b.pixels, 3 * (size_t)a.width * (size_t)a.height), 0,
                        1);
        p2c_image_clear(&turned);
        p2c_image_clear(&a);
        p2c_image_clear(&b);
    }
    p2c_image_clear(&photo);
}

/* Half of the photo is green, the other half transparent red, and outside it is transparent: only
 * green and hidden white may come out. */
static void transparency(void **state) {
    (void)state;
    P2cContext ctx = { 0 };
    P2cImage photo, crop;
    double c = cos(0.3), s = sin(0.3);
    P2cAlignment alignment = { .size = 60, .to_photo = { c, -s, 3.2, s, c, -12.7 } };
    assert_works(&ctx, p2c_image_init(&ctx, &photo, 40, 40, 4));
    for (int i = 0; i < 1600; i++)
        memcpy(photo.pixels + 4 * i, i % 40 < 20 ? "\x10\xc8\x20\xff" : "\xff\0\0\0", 4);
    assert_works(&ctx, p2c_align_cut(&ctx, &photo, &alignment, &crop));
    int seen = 0, hidden = 0, between = 0;
    for (int i = 0; i < 3600; i++) {
        const uint8_t *p = crop.pixels + 4 * i;
        if (memcmp(p, p[3] ? "\x10\xc8\x20" : "\xff\xff\xff", 3))
            fail_msg("pixel %d: %d %d %d %d", i, p[0], p[1], p[2], p[3]);
        seen += p[3] == 255, hidden += p[3] == 0, between += p[3] % 255 > 0;
    }
    assert_true(seen > 200 && hidden > 1000 && between > 50);
    p2c_image_clear(&photo);
    p2c_image_clear(&crop);
}

static void threads_do_not_show(void **state) {
    (void)state;
    P2cContext one = { .threads = 1 }, three = { .threads = 3, .team = p2c_team_new(3) };
    P2cImage photo = draw_photo(), a, b;
    P2cAlignment alignment = { .size = 101, .to_photo = { 0.8, 0.6, -3.3, -0.6, 0.8, 50 } };
    assert_works(&one, p2c_align_cut(&one, &photo, &alignment, &a));
    assert_works(&three, p2c_align_cut(&three, &photo, &alignment, &b));
    assert_int_equal(test_worst(a.pixels, b.pixels, 3 * 101 * 101), 0);
    p2c_team_free(&three.team);
    p2c_image_clear(&photo);
    p2c_image_clear(&a);
    p2c_image_clear(&b);
}

static void refused(void **state) {
    (void)state;
    P2cContext ctx = { 0 };
    P2cAlignment a;
    Case cases[CASES];
    read_cases(cases);
    P2cFace face = cases[0].face;
    face.landmarks[7].y = NAN;
    assert_fails(&ctx, p2c_align(&ctx, &face, WIDTH, HEIGHT, &a), P2C_ERR_FORMAT, "not numbers");
    face.landmarks[7].y = 1e300;
    assert_fails(&ctx, p2c_align(&ctx, &face, WIDTH, HEIGHT, &a), P2C_ERR_FORMAT, "not numbers");
    face = cases[0].face;
    face.landmarks[45] = face.landmarks[36];
    assert_fails(&ctx, p2c_align(&ctx, &face, WIDTH, HEIGHT, &a), P2C_ERR_FORMAT, "in one place");
    face = cases[0].face;
    for (int i = 0; i < P2C_LANDMARKS; i++) face.landmarks[i].y = 5;
    assert_fails(&ctx, p2c_align(&ctx, &face, WIDTH, HEIGHT, &a), P2C_ERR_FORMAT, "on one line");
    face = cases[0].face;
    for (int i = 0; i < P2C_LANDMARKS; i++)
        face.landmarks[i].x *= 1000, face.landmarks[i].y *= 1000;
    assert_fails(&ctx, p2c_align(&ctx, &face, WIDTH, HEIGHT, &a), P2C_ERR_FORMAT, "16384");
    for (int i = 0; i < P2C_LANDMARKS; i++) face.landmarks[i].x /= 1e6, face.landmarks[i].y /= 1e6;
    assert_fails(&ctx, p2c_align(&ctx, &face, WIDTH, HEIGHT, &a), P2C_ERR_FORMAT, "expected 2 to");
    P2cImage photo = draw_photo(), crop;
    assert_fails(&ctx, p2c_align_cut(&ctx, &photo, &(P2cAlignment){ .size = 1 << 20 }, &crop),
                 P2C_ERR_ARGUMENT, "too many");
    assert_null(crop.pixels);
    p2c_image_clear(&photo);
}

static void warnings_have_texts(void **state) {
    (void)state;
    const char *unknown = p2c_face_warning_text((P2cFaceWarning)(1 << 20));
    for (int a = 1; a <= P2C_FACE_CENTRED; a *= 2) {
        const char *text = p2c_face_warning_text((P2cFaceWarning)a);
        assert_true(strlen(text) > 10 && !strchr(text, '\n'));
        assert_string_not_equal(text, unknown);
        for (int b = 1; b < a; b *= 2)
            assert_string_not_equal(text, p2c_face_warning_text((P2cFaceWarning)b));
    }
}

static void portrait_is_cleared(void **state) {
    (void)state;
    P2cPortrait portrait = { .picture = test_noise(3, 3, 4, 1), .coverage = 0.5 };
    p2c_portrait_clear(&portrait);
    assert_true(!portrait.picture.pixels && portrait.coverage == 0);
    p2c_portrait_clear(&portrait);
}

const struct CMUnitTest p2c_tests_align[] = {
    cmocka_unit_test(as_published),
    cmocka_unit_test(eyes_are_level),
    cmocka_unit_test(quarter_turns),
    cmocka_unit_test(turned_photo_is_the_same),
    cmocka_unit_test(transparency),
    cmocka_unit_test(threads_do_not_show),
    cmocka_unit_test(refused),
    cmocka_unit_test(warnings_have_texts),
    cmocka_unit_test(portrait_is_cleared),
};
const size_t p2c_tests_align_count = sizeof p2c_tests_align / sizeof *p2c_tests_align;

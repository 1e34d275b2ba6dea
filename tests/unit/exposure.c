/* exposure.c: warnings about faces on both sides of each threshold, and points without a
 * network. */
#include "drawn.h"
#include "face/face.h"

#include <math.h>
#include <string.h>

static P2cImage plain(int grey, int channels) {
    P2cImage image;
    assert_works(&(P2cContext){ 0 }, p2c_image_init(NULL, &image, 400, 300, channels));
    memset(image.pixels, grey, (size_t)400 * 300 * (size_t)channels);
    return image;
}

static P2cFace plain_face(double left, double top, double side) {
    P2cFace face = { .box = { left, top, left + side, top + side } };
    p2c_estimate_landmarks(face.box, face.landmarks);
    return face;
}

static void small(void **state) {
    (void)state;
    P2cImage photo = plain(128, 3);
    P2cFace face = plain_face(100, 100, 79.5);
    assert_int_equal(p2c_face_warnings(&photo, &face, NULL), P2C_FACE_SMALL);
    face = plain_face(100, 100, 80.5);
    assert_int_equal(p2c_face_warnings(&photo, &face, NULL), 0);
    p2c_image_clear(&photo);
}

static void exposure(void **state) {
    (void)state;
    static const struct {
        int grey;
        unsigned expected;
    } cases[] = {
        { 0, P2C_FACE_DARK },     { 49, P2C_FACE_DARK },    { 50, 0 }, { 64, 0 }, { 215, 0 },
        { 216, P2C_FACE_BRIGHT }, { 255, P2C_FACE_BRIGHT },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int channels = 3; channels <= 4; channels++) {
            P2cImage photo = plain(cases[i].grey, channels);
            for (int k = 0; channels == 4 && k < 400 * 300; k++) photo.pixels[4 * k + 3] = 255;
            P2cFace face = plain_face(100, 100, 90);
            assert_int_equal(p2c_face_warnings(&photo, &face, NULL), cases[i].expected);
            p2c_image_clear(&photo);
        }
}

static void clipped_share(void **state) {
    (void)state;
    P2cImage photo = plain(128, 3);
    P2cFace face = plain_face(100, 100, 100);
    for (int rows = 28; rows <= 33; rows += 5) { /* of the box's 100 */
        for (int y = 100; y < 100 + rows; y++)
            memset(photo.pixels + (size_t)y * 400 * 3, 250, 400 * 3);
        assert_int_equal(p2c_face_warnings(&photo, &face, NULL), rows > 30 ? P2C_FACE_BRIGHT : 0);
    }
    p2c_image_clear(&photo);
}

static void luma_counts_colours(void **state) {
    (void)state;
    P2cImage photo = plain(0, 3);
    P2cFace face = plain_face(100, 100, 100);
    for (int c = 0; c < 3; c++) { /* luma of pure red 76, green 149, blue 29 */
        memset(photo.pixels, 0, (size_t)400 * 300 * 3);
        for (int i = 0; i < 400 * 300; i++) photo.pixels[3 * i + c] = 255;
        assert_int_equal(p2c_face_warnings(&photo, &face, NULL), c == 2 ? P2C_FACE_DARK : 0);
    }
    p2c_image_clear(&photo);
}

static void what_lies_outside_does_not_count(void **state) {
    (void)state;
    P2cImage photo = plain(128, 3);
    P2cFace half = plain_face(-80, -80, 160), away = plain_face(1000, 1000, 100),
            behind = plain_face(-300, -300, 100);
    assert_int_equal(p2c_face_warnings(&photo, &half, NULL), 0);
    assert_int_equal(p2c_face_warnings(&photo, &away, NULL), 0);
    assert_int_equal(p2c_face_warnings(&photo, &behind, NULL), 0);
    half.box = (P2cBox){ NAN, NAN, NAN, NAN };
    assert_int_equal(p2c_face_warnings(&photo, &half, NULL), 0);
    p2c_image_clear(&photo);
}

static void transparent_pixels_do_not_count(void **state) {
    (void)state;
    P2cImage photo = plain(0, 4); /* black, but transparent */
    P2cFace face = plain_face(100, 100, 100);
    assert_int_equal(p2c_face_warnings(&photo, &face, NULL), 0);
    /* ten opaque rows of grey */
    memset(photo.pixels + (size_t)150 * 400 * 4, 128, (size_t)400 * 4 * 10);
    assert_int_equal(p2c_face_warnings(&photo, &face, NULL), 0);
    for (int i = 0; i < 400 * 10; i++)
        memcpy(photo.pixels + ((size_t)150 * 400 + (size_t)i) * 4, (uint8_t[]){ 9, 9, 9, 255 }, 4);
    assert_int_equal(p2c_face_warnings(&photo, &face, NULL), P2C_FACE_DARK);
    p2c_image_clear(&photo);
}

/* The tip of the nose is moved along the line of the eyes, in a face turned by any angle. */
static void side_view(void **state) {
    (void)state;
    static const struct {
        double along;
        bool expected;
    } cases[] = {
        { 0.5, false }, { 0.21, false }, { 0.19, true },
        { -0.3, true }, { 0.79, false }, { 0.81, true },
    };
    P2cImage photo = plain(128, 3);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int degrees = -180; degrees < 180; degrees += 45) {
            double c = cos(degrees * 0.017453292519943295), s = sin(degrees * 0.017453292519943295);
            P2cFace face = plain_face(100, 100, 100);
            face.landmarks[36] = (P2cPoint){ 200 - 40 * c, 150 - 40 * s };
            face.landmarks[45] = (P2cPoint){ 200 + 40 * c, 150 + 40 * s };
            double t = 80 * cases[i].along - 40;
            face.landmarks[30] = (P2cPoint){ 200 + t * c - 20 * s, 150 + t * s + 20 * c };
            assert_int_equal(p2c_face_warnings(&photo, &face, NULL),
                             cases[i].expected ? P2C_FACE_SIDE_VIEW : 0);
            face.warnings = P2C_FACE_ESTIMATED;
            assert_int_equal(p2c_face_warnings(&photo, &face, NULL), 0);
        }
    p2c_image_clear(&photo);
}

static void border(void **state) {
    (void)state;
    P2cImage photo = plain(128, 3);
    P2cFace face = plain_face(100, 100, 100);
    static const struct {
        double to_photo[6];
        unsigned expected;
    } cases[] = {
        { { 1, 0, 0, 0, 1, 0 }, 0 },
        { { 1, 0, -48, 0, 1, 0 }, 0 }, /* 48 of 200 columns outside */
        { { 1, 0, -53, 0, 1, 0 }, P2C_FACE_BORDER },
        { { 1, 0, 248, 0, 1, 0 }, 0 }, /* of 400 */
        { { 1, 0, 253, 0, 1, 0 }, P2C_FACE_BORDER },
        { { 1, 0, 0, 0, 1, -53 }, P2C_FACE_BORDER },
        { { 1, 0, 0, 0, 1, 148 }, 0 }, /* of 300 */
        { { 1, 0, 0, 0, 1, 153 }, P2C_FACE_BORDER },
        { { 0, -1, 199, 1, 0, 0 }, 0 }, /* turned, inside */
        { { 0, -1, 140, 1, 0, 0 }, P2C_FACE_BORDER },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        P2cAlignment alignment = { .size = 200 };
        memcpy(alignment.to_photo, cases[i].to_photo, sizeof alignment.to_photo);
        assert_int_equal(p2c_face_warnings(&photo, &face, &alignment), cases[i].expected);
    }
    p2c_image_clear(&photo);
}

/* ---- points of an average face ---- */

static void estimated_points(void **state) {
    (void)state;
    P2cPoint p[P2C_LANDMARKS], q[P2C_LANDMARKS];
    p2c_estimate_landmarks((P2cBox){ 0, 0, 1, 1 }, p);
    p2c_estimate_landmarks((P2cBox){ 10, 20, 210, 120 }, q);
    for (int i = 0; i < P2C_LANDMARKS; i++) {
        assert_true(p[i].x > -0.1 && p[i].x < 1.1 && p[i].y > 0 && p[i].y < 1.2);
        assert_true(fabs(q[i].x - (10 + 200 * p[i].x)) < 1e-9 &&
                    fabs(q[i].y - (20 + 100 * p[i].y)) < 1e-9);
    }
    /* In iBUG's order: jaw from the right ear over the chin to the left ear; brows above eyes above
     * the nose's tip above the mouth above the chin. */
    for (int i = 0; i < 16; i++) assert_true(p[i].x < p[i + 1].x || i == 0 || i == 15);
    assert_true(fabs(p[8].x - 0.5) < 1e-9 && p[8].y > p[57].y && p[57].y > p[51].y &&
                p[51].y > p[33].y && p[33].y > p[30].y && p[30].y > p[27].y);
    assert_true(p[36].x < p[39].x && p[39].x < p[42].x && p[42].x < p[45].x && p[48].x < p[54].x &&
                p[19].y < p[37].y && p[37].y < p[41].y && p[41].y < p[30].y);
    assert_true(fabs(p[36].y - p[45].y) < 1e-9); /* level */
    static const int pairs[][2] = { { 0, 16 },  { 4, 12 },  { 17, 26 }, { 21, 22 }, { 31, 35 },
                                    { 36, 45 }, { 37, 44 }, { 39, 42 }, { 40, 47 }, { 48, 54 },
                                    { 59, 55 }, { 60, 64 }, { 67, 65 } };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        P2cPoint a = p[pairs[i][0]], b = p[pairs[i][1]];
        assert_true(fabs(a.x + b.x - 1) < 1e-9 && fabs(a.y - b.y) < 1e-9);
    }
}

const struct CMUnitTest p2c_tests_exposure[] = {
    TEST(small),
    TEST(exposure),
    TEST(clipped_share),
    TEST(luma_counts_colours),
    TEST(what_lies_outside_does_not_count),
    TEST(transparent_pixels_do_not_count),
    TEST(side_view),
    TEST(border),
    TEST(estimated_points),
};
const size_t p2c_tests_exposure_count = sizeof p2c_tests_exposure / sizeof *p2c_tests_exposure;

/* landmarks.c: how a face is cut out for a network, and what is made of its answer, by a network that puts an average face where red is
 * (make_face_fixtures.py). */
#include "drawn.h"
#include "face/face.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- cutting ---- */

static void a_look_as_it_is(void **state) {
    (void)state;
    P2cImage photo = test_noise(16, 16, 3, 3);
    float planes[3 * 16 * 16];
    p2c_look_cut(&photo, (P2cLook){ 7.5, 7.5, 16, 0 }, 16, planes);
    for (int i = 0; i < 3 * 256; i++) assert_true(fabs(planes[i % 3 * 256 + i / 3] * 255 - photo.pixels[i]) < 1e-3);
    p2c_look_cut(&photo, (P2cLook){ 7.5, 7.5, 16, 90 }, 16, planes); /* its x axis points down */
    for (int y = 0; y < 16; y++)
        for (int x = 0; x < 16; x++)
            for (int c = 0; c < 3; c++) assert_true(fabs(planes[(c * 16 + y) * 16 + x] * 255 - photo.pixels[(x * 16 + 15 - y) * 3 + c]) < 1e-3);
    p2c_image_clear(&photo);
}

/* Reduced by k, a look is the mean of k x k pixels, also when k is more than there are samples for: of a ramp, whose mean is its middle. */
static void a_look_reduced(void **state) {
    (void)state;
    for (int k = 2; k <= 20; k += 3) {
        P2cImage photo = test_noise(8 * k, 8 * k, 3, 4);
        for (int i = 0; k > 8 && i < 64 * k * k; i++) photo.pixels[3 * i] = (uint8_t)(i % (8 * k));
        float planes[3 * 64];
        p2c_look_cut(&photo, (P2cLook){ 4 * k - 0.5, 4 * k - 0.5, 8 * k, 0 }, 8, planes);
        for (int y = 0; y < 8; y++)
            for (int x = 0; x < 8; x++) {
                double sum = 0;
                for (int j = 0; j < k * k; j++) sum += photo.pixels[((y * k + j / k) * 8 * k + x * k + j % k) * 3];
                assert_true(fabs(planes[y * 8 + x] * 255 - sum / (k * k)) < 0.51);
            }
        p2c_image_clear(&photo);
    }
}

static void a_look_beyond_the_border(void **state) {
    (void)state;
    P2cImage photo = test_noise(5, 4, 4, 9);
    for (int i = 0; i < 20; i++) photo.pixels[4 * i + 3] = (uint8_t)(i % 2 ? 255 : 51);
    float planes[3 * 144];
    p2c_look_cut(&photo, (P2cLook){ 2, 1.5, 12, 0 }, 12, planes); /* from -3.5 and -4 */
    for (int i = 0; i < 144; i++) {
        double x = i % 12 - 3.5, y = i / 12 - 4.0, at_x = fmin(fmax(x, 0), 4);
        int row = (int)fmin(fmax(y, 0), 3), left = (int)at_x, right = left < 4 ? left + 1 : 4;
        const uint8_t *a = photo.pixels + 4 * (row * 5 + left), *b = photo.pixels + 4 * (row * 5 + right);
        double u = at_x - left, va = 255 + (a[0] - 255) * a[3] / 255.0, vb = 255 + (b[0] - 255) * b[3] / 255.0;
        assert_true(fabs(planes[i] * 255 - ((1 - u) * va + u * vb)) < 1e-3);
    }
    p2c_image_clear(&photo);
}

/* ---- two looks ---- */

/* Where the fixture puts point i of a look. */
static P2cPoint fixture_point(int i, double red_right, double red_down) {
    P2cPoint face[P2C_LANDMARKS];
    p2c_estimate_landmarks((P2cBox){ 0, 0, 1, 1 }, face);
    return (P2cPoint){ 0.2 + 0.6 * face[i].x - 0.1 * red_right, 0.1 + 0.7 * face[i].y + 0.1 * red_down };
}

/* What a look at (x, y) of this side answers: red_right, red_down: how much more red there is right, and below. */
static void expected_points(double x, double y, double side, double red_right, double red_down, P2cPoint points[P2C_LANDMARKS]) {
    for (int i = 0; i < P2C_LANDMARKS; i++) {
        P2cPoint p = fixture_point(i, red_right, red_down);
        points[i] = (P2cPoint){ x + (p.x - 0.5) * side, y + (p.y - 0.5) * side };
    }
}

static void square_around(const P2cPoint points[P2C_LANDMARKS], double *x, double *y, double *side) {
    double left = 1e9, top = 1e9, right = -1e9, bottom = -1e9;
    for (int i = 0; i < P2C_LANDMARKS; i++) {
        left = fmin(left, points[i].x), right = fmax(right, points[i].x);
        top = fmin(top, points[i].y), bottom = fmax(bottom, points[i].y);
    }
    *x = (left + right) / 2, *y = (top + bottom) / 2, *side = 1.25 * fmax(right - left, bottom - top);
}

static void assert_points(const P2cPoint *got, const P2cPoint *expected, double within) {
    for (int i = 0; i < P2C_LANDMARKS; i++)
        if (!(hypot(got[i].x - expected[i].x, got[i].y - expected[i].y) < within))
            fail_msg("point %d: %g, %g, expected %g, %g", i, got[i].x, got[i].y, expected[i].x, expected[i].y);
}

static P2cImage halves(bool red_right, bool red_down) {
    P2cImage image;
    assert_works(&(P2cContext){ 0 }, p2c_image_init(NULL, &image, 400, 400, 3));
    for (int i = 0; i < 400 * 400; i++) image.pixels[3 * i] = (red_right && i % 400 >= 200) || (red_down && i / 400 >= 200) ? 255 : 0;
    return image;
}

static void two_looks(void **state) {
    Scratch *s = *state;
    P2cLandmarker *landmarker;
    P2cPoint got[P2C_LANDMARKS], expected[P2C_LANDMARKS];
    assert_works(s->ctx, p2c_landmarker_open(s->ctx, test_data_path("face_landmarks.onnx"), &landmarker));
    P2cImage photo = halves(false, false);
    double x, y, side;
    assert_works(s->ctx, p2c_landmarker_run(landmarker, &photo, (P2cBox){ 100, 120, 220, 220 }, got));
    expected_points(160, 170 + 10, 150, 0, 0, expected);
    square_around(expected, &x, &y, &side);
    expected_points(x, y, side, 0, 0, expected);
    assert_points(got, expected, 1e-2);
    /* Mirrored twins agree; the two looks differ by what the second one moved. */
    P2cPoint first[P2C_LANDMARKS];
    double moved = 0;
    expected_points(160, 180, 150, 0, 0, first);
    for (int i = 0; i < P2C_LANDMARKS; i++) moved += hypot(first[i].x - expected[i].x, first[i].y - expected[i].y) / 68 / 150;
    assert_true(fabs(p2c_landmarker_doubt(landmarker) - moved) < 1e-4);
    p2c_image_clear(&photo);
    p2c_landmarker_close(&landmarker);
    assert_null(landmarker);
}

/* Red in the right half: the first look's right half is all red; the second's middle is a tenth of the side to the left, and sees it in part. */
static void the_mirrored_look_agrees(void **state) {
    Scratch *s = *state;
    P2cLandmarker *landmarker;
    P2cPoint got[P2C_LANDMARKS], expected[P2C_LANDMARKS];
    assert_works(s->ctx, p2c_landmarker_open(s->ctx, test_data_path("face_landmarks.onnx"), &landmarker));
    for (int down = 0; down < 2; down++) {
        P2cImage photo = halves(!down, down);
        double x, y, side;
        /* lower by a tenth: the middle of the look is the middle of the photo */
        assert_works(s->ctx, p2c_landmarker_run(landmarker, &photo, (P2cBox){ 149.5, 139.5, 249.5, 239.5 }, got));
        expected_points(199.5, 199.5, 125, !down, down, expected);
        square_around(expected, &x, &y, &side);
        /* the share of the side at which red begins: in the half behind it, red; the half before may be partly red */
        double begin = ((down ? 199.5 - y : 199.5 - x) / side) + 0.5, far = fmin(2 * (1 - begin), 1), close = fmax(1 - 2 * begin, 0);
        expected_points(x, y, side, down ? 0 : far - close, down ? far - close : 0, expected);
        assert_points(got, expected, 0.2);
        assert_true(p2c_landmarker_doubt(landmarker) > 0.02); /* the second look moved them */
        p2c_image_clear(&photo);
    }
    p2c_landmarker_close(&landmarker);
}

static void boxes_that_hold_nothing(void **state) {
    Scratch *s = *state;
    P2cLandmarker *landmarker;
    P2cPoint points[P2C_LANDMARKS];
    assert_works(s->ctx, p2c_landmarker_open(s->ctx, test_data_path("face_landmarks.onnx"), &landmarker));
    P2cImage photo = halves(false, false);
    static const P2cBox boxes[] = { { 10, 10, 10, 20 }, { 10, 20, 20, 10 }, { NAN, 0, 10, 10 }, { 0, 0, INFINITY, 10 } };
    for (size_t i = 0; i < sizeof boxes / sizeof *boxes; i++) {
        assert_int_equal(p2c_landmarker_run(landmarker, &photo, boxes[i], points), P2C_ERR_ARGUMENT);
        assert_error_says(s->ctx, "holds no face");
    }
    assert_works(s->ctx, p2c_landmarker_run(landmarker, &photo, (P2cBox){ -1e6, -1e6, -1e6 + 50, -1e6 + 50 }, points)); /* far outside: border colours */
    p2c_image_clear(&photo);
    p2c_landmarker_close(&landmarker);
}

static void other_networks(void **state) {
    Scratch *s = *state;
    static const struct { const char *name, *says; } wrong[] = {
        { "face_landmarks_66.onnx", "expected a result of 136 numbers" },
        { "face_corners.onnx", "expected an input (1,3,s,s), s at most 1024, got (1,3,24,32)" },
    };
    P2cLandmarker *landmarker;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(p2c_landmarker_open(s->ctx, test_data_path(wrong[i].name), &landmarker), P2C_ERR_FORMAT);
        assert_null(landmarker);
        assert_error_says(s->ctx, wrong[i].says);
        assert_error_says(s->ctx, wrong[i].name);
    }
}

static void an_answer_that_is_no_number(void **state) {
    Scratch *s = *state;
    P2cLandmarker *landmarker;
    P2cPoint points[P2C_LANDMARKS];
    P2cImage photo = halves(false, false);
    assert_works(s->ctx, p2c_landmarker_open(s->ctx, test_data_path("face_landmarks_damaged.onnx"), &landmarker));
    assert_int_equal(p2c_landmarker_run(landmarker, &photo, (P2cBox){ 100, 100, 200, 200 }, points), P2C_ERR_FORMAT);
    assert_error_says(s->ctx, "not a number");
    p2c_image_clear(&photo);
    p2c_landmarker_close(&landmarker);
}

const struct CMUnitTest p2c_tests_landmarks[] = {
    TEST(a_look_as_it_is), TEST(a_look_reduced), TEST(a_look_beyond_the_border), TEST(two_looks), TEST(the_mirrored_look_agrees), TEST(boxes_that_hold_nothing),
    TEST(other_networks), TEST(an_answer_that_is_no_number),
};
const size_t p2c_tests_landmarks_count = sizeof p2c_tests_landmarks / sizeof *p2c_tests_landmarks;

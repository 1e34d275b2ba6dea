/* landmarks.c: how a face is cut out for a network, and what is made of its answer, by a network
 * that puts an average face where red is (make_face_fixtures.py). */
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
    for (int i = 0; i < 3 * 256; i++)
        assert_true(fabs(planes[i % 3 * 256 + i / 3] * 255 - photo.pixels[i]) < 1e-3);
    p2c_look_cut(&photo, (P2cLook){ 7.5, 7.5, 16, 90 }, 16, planes); /* its x axis points down */
    for (int y = 0; y < 16; y++)
        for (int x = 0; x < 16; x++)
            for (int c = 0; c < 3; c++)
                assert_true(fabs(planes[(c * 16 + y) * 16 + x] * 255 -
                                 photo.pixels[(x * 16 + 15 - y) * 3 + c]) < 1e-3);
    p2c_image_clear(&photo);
}

/* Reduced by k, a look is the mean of k x k pixels, also when k is more than there are samples for:
 * of a ramp, whose mean is its middle. */
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
                for (int j = 0; j < k * k; j++)
                    sum += photo.pixels[((y * k + j / k) * 8 * k + x * k + j % k) * 3];
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
        const uint8_t *a = photo.pixels + 4 * (row * 5 + left),
                      *b = photo.pixels + 4 * (row * 5 + right);
        double u = at_x - left, va = 255 + (a[0] - 255) * a[3] / 255.0,
               vb = 255 + (b[0] - 255) * b[3] / 255.0;
        assert_true(fabs(planes[i] * 255 - ((1 - u) * va + u * vb)) < 1e-3);
    }
    p2c_image_clear(&photo);
}

/* ---- two looks ---- */

/* How much more red there is in the right half of a look, and in the lower one: by many samples. */
static void compare_halves(const P2cImage *photo, P2cLook look, double *right, double *down) {
    enum { N = 400 };
    double c = cos(look.angle * (M_PI / 180)), s = sin(look.angle * (M_PI / 180));
    *right = *down = 0;
    for (int i = 0; i < N * N; i++) {
        double u = ((i % N + 0.5) / N - 0.5) * look.side, v = ((i / N + 0.5) / N - 0.5) * look.side;
        int x = (int)fmin(fmax(lround(look.x + c * u - s * v), 0), photo->width - 1),
            y = (int)fmin(fmax(lround(look.y + s * u + c * v), 0), photo->height - 1);
        double red =
            photo->pixels[((size_t)y * (size_t)photo->width + (size_t)x) * 3] / 255.0 / (N * N / 2);
        *right += u > 0 ? red : -red;
        *down += v > 0 ? red : -red;
    }
}

/* What the fixture answers to a look. */
static void expected_points(const P2cImage *photo, P2cLook look, P2cPoint points[P2C_LANDMARKS]) {
    double right, down, c = cos(look.angle * (M_PI / 180)), s = sin(look.angle * (M_PI / 180));
    compare_halves(photo, look, &right, &down);
    p2c_estimate_landmarks((P2cBox){ 0.2, 0.1, 0.8, 0.8 }, points);
    for (int i = 0; i < P2C_LANDMARKS; i++) {
        double u = (points[i].x - 0.1 * right - 0.5) * look.side,
               v = (points[i].y + 0.1 * down + 0.3 * (points[i].x - 0.5) * right - 0.5) * look.side;
        points[i] = (P2cPoint){ look.x + c * u - s * v, look.y + s * u + c * v };
    }
}

/* A quarter more than what holds the points, along the line of the eyes. */
static P2cLook look_around(const P2cPoint points[P2C_LANDMARKS]) {
    double x = points[45].x - points[36].x, y = points[45].y - points[36].y, length = hypot(x, y),
           low[2] = { 1e9, 1e9 }, high[2] = { -1e9, -1e9 };
    for (int i = 0; i < P2C_LANDMARKS; i++) {
        double at[2] = { (points[i].x * x + points[i].y * y) / length,
                         (points[i].y * x - points[i].x * y) / length };
        for (int k = 0; k < 2; k++) low[k] = fmin(low[k], at[k]), high[k] = fmax(high[k], at[k]);
    }
    double u = (low[0] + high[0]) / 2, v = (low[1] + high[1]) / 2;
    return (P2cLook){ (u * x - v * y) / length, (u * y + v * x) / length,
                      1.25 * fmax(high[0] - low[0], high[1] - low[1]), atan2(y, x) * (180 / M_PI) };
}

static P2cImage halves(bool red_right, bool red_down) {
    P2cImage image;
    assert_works(&(P2cContext){ 0 }, p2c_image_init(NULL, &image, 400, 400, 3));
    for (int i = 0; i < 400 * 400; i++)
        image.pixels[3 * i] =
            (red_right && i % 400 >= 200) || (red_down && i / 400 >= 200) ? 255 : 0;
    return image;
}

/* Without red the same face at both looks; red below moves it down; red on the right moves it to
 * the left and tilts it, the more so at the second look, which is tilted and sees more red on its
 * right. Mirrored looks must not undo any of it. */
static void two_looks(void **state) {
    Scratch *s = *state;
    P2cLandmarker *landmarker;
    assert_works(s->ctx,
                 p2c_landmarker_open(s->ctx, test_data_path("face_landmarks.onnx"), &landmarker));
    for (int kind = 0; kind < 3; kind++) {
        P2cImage photo = halves(kind == 1, kind == 2);
        P2cPoint got[P2C_LANDMARKS], first[P2C_LANDMARKS], second[P2C_LANDMARKS];
        double moved = 0;
        assert_works(s->ctx, p2c_landmarker_run(landmarker, &photo,
                                                (P2cBox){ 139.5, 139.5, 259.5, 239.5 }, got));
        /* lower by a tenth of the height, a quarter larger than the longer side */
        expected_points(&photo, (P2cLook){ 199.5, 189.5 + 10, 150, 0 }, first);
        P2cLook look = look_around(first);
        expected_points(&photo, look, second);
        for (int i = 0; i < P2C_LANDMARKS; i++) {
            double off = hypot(got[i].x - second[i].x, got[i].y - second[i].y);
            if (!(off < 0.3))
                fail_msg("kind %d, point %d: %g, %g, expected %g, %g", kind, i, got[i].x, got[i].y,
                         second[i].x, second[i].y);
            moved +=
                hypot(first[i].x - second[i].x, first[i].y - second[i].y) / P2C_LANDMARKS / 150;
        }
        if (kind == 1) assert_true(look.angle > 10);
        /* Mirrored twins agree here; what is left is by what the second look moved the points. */
        assert_true(fabs(p2c_landmarker_doubt(landmarker) - moved) < 2e-3);
        p2c_image_clear(&photo);
    }
    p2c_landmarker_close(&landmarker);
    assert_null(landmarker);
}

/* A point that goes 0.2 to the right in a picture and in its mirror image. */
static void twins_that_disagree(void **state) {
    Scratch *s = *state;
    P2cLandmarker *landmarker;
    P2cPoint points[P2C_LANDMARKS];
    P2cImage photo = halves(false, false);
    P2cBox box = { 139.5, 139.5, 259.5, 239.5 };
    assert_works(s->ctx,
                 p2c_landmarker_open(s->ctx, test_data_path("face_landmarks.onnx"), &landmarker));
    assert_works(s->ctx, p2c_landmarker_run(landmarker, &photo, box, points));
    /* of which all twins have the mean in common */
    double before = p2c_landmarker_doubt(landmarker), d = 0.2, share = 2 * d / 68;
    for (int i = 0; i < 400 * 400; i++) photo.pixels[3 * i + 1] = 255;
    assert_works(s->ctx, p2c_landmarker_run(landmarker, &photo, box, points));
    assert_true(fabs(p2c_landmarker_doubt(landmarker) - before -
                     (2 * (d - share) + 66 * share) / 68) < 3e-3);
    p2c_image_clear(&photo);
    p2c_landmarker_close(&landmarker);
}

static void boxes_that_hold_nothing(void **state) {
    Scratch *s = *state;
    P2cLandmarker *landmarker;
    P2cPoint points[P2C_LANDMARKS];
    assert_works(s->ctx,
                 p2c_landmarker_open(s->ctx, test_data_path("face_landmarks.onnx"), &landmarker));
    P2cImage photo = halves(false, false);
    static const P2cBox boxes[] = {
        { 10, 10, 10, 20 }, { 10, 20, 20, 10 }, { NAN, 0, 10, 10 }, { 0, 0, INFINITY, 10 }
    };
    for (size_t i = 0; i < sizeof boxes / sizeof *boxes; i++) {
        assert_int_equal(p2c_landmarker_run(landmarker, &photo, boxes[i], points),
                         P2C_ERR_ARGUMENT);
        assert_error_says(s->ctx, "is too small for a face");
    }
    /* far outside: border colours */
    assert_works(s->ctx, p2c_landmarker_run(landmarker, &photo,
                                            (P2cBox){ -1e6, -1e6, -1e6 + 50, -1e6 + 50 }, points));
    p2c_image_clear(&photo);
    p2c_landmarker_close(&landmarker);
}

static void other_networks(void **state) {
    Scratch *s = *state;
    static const struct {
        const char *name, *says;
    } wrong[] = {
        { "face_landmarks_66.onnx", "expected a result of 136 numbers" },
        { "face_corners.onnx", "expected an input (1,3,s,s), s at most 1024, got (1,3,24,32)" },
    };
    P2cLandmarker *landmarker;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(p2c_landmarker_open(s->ctx, test_data_path(wrong[i].name), &landmarker),
                         P2C_ERR_FORMAT);
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
    assert_works(s->ctx, p2c_landmarker_open(s->ctx, test_data_path("face_landmarks_damaged.onnx"),
                                             &landmarker));
    assert_int_equal(p2c_landmarker_run(landmarker, &photo, (P2cBox){ 100, 100, 200, 200 }, points),
                     P2C_ERR_FORMAT);
    assert_error_says(s->ctx, "not a number");
    p2c_image_clear(&photo);
    p2c_landmarker_close(&landmarker);
}

const struct CMUnitTest p2c_tests_landmarks[] = {
    TEST(a_look_as_it_is),          TEST(a_look_reduced),
    TEST(a_look_beyond_the_border), TEST(two_looks),
    TEST(twins_that_disagree),      TEST(boxes_that_hold_nothing),
    TEST(other_networks),           TEST(an_answer_that_is_no_number),
};
const size_t p2c_tests_landmarks_count = sizeof p2c_tests_landmarks / sizeof *p2c_tests_landmarks;

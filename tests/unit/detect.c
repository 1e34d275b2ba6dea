/* detect.c: duplicates, and dlib's detector on drawn faces. tests/unit/photos.c has the tests with
 * photos. */
#include "drawn.h"
#include "face/face.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- duplicates ---- */

static void thin_keeps_the_surest(void **state) {
    (void)state;
    P2cDetection d[] = {
        { { 0, 0, 10, 10 }, 0.8 },    { { 1, 0, 11, 10 }, 0.9 },   /* overlap by 9/11 */
        { { 20, 20, 30, 30 }, 0.75 }, { { 25, 20, 35, 30 }, 0.7 }, /* by 1/3 */
        { { 6, 0, 16, 10 }, 0.6 },                                 /* with the kept one by 1/3 */
        { { 7, 0, 17, 10 }, 0.5 },                                 /* by 1/4: stays */
    };
    assert_int_equal(p2c_detections_thin(d, 6), 3);
    assert_true(d[0].score == 0.9 && d[0].box.left == 1);
    assert_true(d[1].score == 0.75);
    assert_true(d[2].score == 0.5);
    assert_int_equal(p2c_detections_thin(d, 0), 0);
    assert_int_equal(p2c_detections_thin(NULL, 0), 0);
}

static void thin_does_not_depend_on_the_order(void **state) {
    (void)state;
    P2cDetection a[3] = { { { 0, 0, 10, 10 }, 0.9 },
                          { { 1, 1, 11, 11 }, 0.9 },
                          { { 1, 0, 11, 10 }, 0.9 } };
    for (int i = 0; i < 6; i++) {
        static const int orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
                                          { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
        P2cDetection d[3] = { a[orders[i][0]], a[orders[i][1]], a[orders[i][2]] };
        assert_int_equal(p2c_detections_thin(d, 3), 1);
        assert_true(d[0].box.left == 0);
    }
}

static void a_detection_without_extent(void **state) {
    (void)state;
    P2cDetection d[2] = { { { 5, 5, 5, 5 }, 0.9 }, { { 5, 5, 5, 5 }, 0.8 } };
    assert_int_equal(p2c_detections_thin(d, 2), 2);
}

/* ---- dlib's ---- */

static bool open_dlib(P2cContext *ctx, P2cDetector **detector) {
    P2cStatus status = p2c_detector_open(ctx, NULL, detector);
    if (!status) return true;
    assert_null(*detector);
    assert_int_equal(status, P2C_ERR_ARGUMENT);
    assert_error_says(ctx, "no dlib (DLIB=0); give an ONNX face detector");
    print_message("skipped: this build has no dlib\n");
    return false;
}

/* The box that dlib gives for this drawing: eyes to mouth, about as wide as the face. */
static void assert_box(const P2cDetection *d, double x, double y, double width) {
    double side = d->box.right - d->box.left, off_x = (d->box.left + d->box.right) / 2 - x,
           off_y = (d->box.top + d->box.bottom) / 2 - y;
    if (fabs(d->box.bottom - d->box.top - side) > 1.5 || side < 0.85 * width ||
        side > 1.6 * width || fabs(off_x) > 0.15 * width || fabs(off_y) > 0.25 * width)
        fail_msg("a box of %g, %g off, for a face of %g", side, hypot(off_x, off_y), width);
}

static void one_face(void **state) {
    Scratch *s = *state;
    /* 42 pixels wide: only found because the picture is doubled; 3000: only a picture of 1800 is
     * searched, and boxes are scaled back */
    static const struct {
        int w, h;
        double x, y, width;
    } cases[] = { { 300, 260, 160, 140, 150 },
                  { 200, 150, 120, 70, 42 },
                  { 3000, 2500, 1100, 1400, 900 } };
    P2cDetector *detector;
    if (!open_dlib(s->ctx, &detector)) return;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        P2cImage photo = test_drawn(cases[i].w, cases[i].h, cases[i].x, cases[i].y, cases[i].width);
        P2cDetection *found;
        int count;
        assert_works(s->ctx, p2c_detector_run(detector, &photo, &found, &count));
        assert_int_equal(count, 1);
        assert_box(found, cases[i].x, cases[i].y, cases[i].width);
        free(found);
        p2c_image_clear(&photo);
    }
    p2c_detector_close(&detector);
    assert_null(detector);
    p2c_detector_close(&detector);
}

static void two_faces_surest_first(void **state) {
    Scratch *s = *state;
    P2cDetector *detector;
    if (!open_dlib(s->ctx, &detector)) return;
    P2cImage photo = test_drawn(700, 320, 170, 160, 150);
    test_draw_face(&photo, 520, 170, 160);
    P2cDetection *found;
    int count;
    assert_works(s->ctx, p2c_detector_run(detector, &photo, &found, &count));
    assert_int_equal(count, 2);
    assert_true(found[0].score >= found[1].score && found[1].score > 0);
    bool left_first = found[0].box.left < found[1].box.left;
    assert_box(&found[left_first ? 0 : 1], 170, 160, 150);
    assert_box(&found[left_first ? 1 : 0], 520, 170, 160);
    free(found);
    p2c_image_clear(&photo);
    p2c_detector_close(&detector);
}

static void no_face(void **state) {
    Scratch *s = *state;
    P2cDetector *detector;
    if (!open_dlib(s->ctx, &detector)) return;
    static const struct {
        int w, h;
    } sizes[] = { { 300, 260 }, { 1, 1 }, { 5000, 1 }, { 1, 300 }, { 40, 40 } };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        P2cImage photo = test_drawn(sizes[i].w, sizes[i].h, 0, 0, 0);
        P2cDetection *found = (P2cDetection *)&photo;
        int count = 7;
        assert_works(s->ctx, p2c_detector_run(detector, &photo, &found, &count));
        assert_int_equal(count, 0);
        assert_null(found);
        p2c_image_clear(&photo);
    }
    p2c_detector_close(&detector);
}

/* Transparent parts count as white, whatever their hidden colour. */
static void transparent_photo(void **state) {
    Scratch *s = *state;
    P2cDetector *detector;
    if (!open_dlib(s->ctx, &detector)) return;
    P2cImage photo = test_drawn(300, 260, 160, 140, 150), rgba;
    assert_works(s->ctx, p2c_image_init(s->ctx, &rgba, 300, 260, 4));
    for (int i = 0; i < 300 * 260; i++) memcpy(rgba.pixels + 4 * i, photo.pixels + 3 * i, 3);
    P2cDetection *found;
    int count;
    assert_works(s->ctx, p2c_detector_run(detector, &rgba, &found, &count));
    assert_int_equal(count, 0);
    for (int i = 0; i < 300 * 260; i++) rgba.pixels[4 * i + 3] = 255;
    assert_works(s->ctx, p2c_detector_run(detector, &rgba, &found, &count));
    assert_int_equal(count, 1);
    free(found);
    p2c_image_clear(&photo);
    p2c_image_clear(&rgba);
    p2c_detector_close(&detector);
}

static void a_detector_that_is_not_there(void **state) {
    Scratch *s = *state;
    P2cDetector *detector = (P2cDetector *)s;
    assert_int_equal(p2c_detector_open(s->ctx, "/nowhere/detector.onnx", &detector), P2C_ERR_READ);
    assert_null(detector);
    assert_error_says(s->ctx, "/nowhere/detector.onnx");
}

const struct CMUnitTest p2c_tests_detect[] = {
    TEST(thin_keeps_the_surest),      TEST(thin_does_not_depend_on_the_order),
    TEST(a_detection_without_extent), TEST(one_face),
    TEST(two_faces_surest_first),     TEST(no_face),
    TEST(transparent_photo),          TEST(a_detector_that_is_not_there),
};
const size_t p2c_tests_detect_count = sizeof p2c_tests_detect / sizeof *p2c_tests_detect;

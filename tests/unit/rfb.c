/* rfb.c: places, decoding, and detectors of both kinds, with tiny networks that answer by mean
 * colours (make_face_fixtures.py). */
#include "drawn.h"
#include "face/face.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- places and boxes ---- */

static bool near(double a, double b, double within) { return fabs(a - b) <= within; }

/* Values from the file of the published RFB-320. */
static void priors(void **state) {
    (void)state;
    static float p[4420][4];
    static const struct {
        int i;
        float at[4];
    } cases[] = {
        { 0, { 0.0125f, 0.01666667f, 0.03125f, 0.04166667f } },
        { 1, { 0.0125f, 0.01666667f, 0.05f, 0.06666667f } },
        { 3, { 0.0375f, 0.01666667f, 0.03125f, 0.04166667f } },
        { 120, { 0.0125f, 0.05f, 0.03125f, 0.04166667f } },
        { 3600, { 0.025f, 0.03333333f, 0.1f, 0.1333333f } },
        { 4419, { 0.9f, 0.875f, 0.8f, 1 } },
    };
    assert_int_equal(p2c_rfb_priors(320, 240, NULL), 4420);
    assert_int_equal(p2c_rfb_priors(320, 240, p), 4420);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
        for (int c = 0; c < 4; c++) assert_true(near(p[cases[k].i][c], cases[k].at[c], 1e-6));
    assert_int_equal(p2c_rfb_priors(640, 480, NULL), 17640);
    assert_int_equal(p2c_rfb_priors(1, 1, NULL), 10);
}

static void decoding(void **state) {
    (void)state;
    static const float priors[2][4] = { { 0.5f, 0.25f, 0.2f, 0.1f }, { 0.1f, 0.9f, 0.4f, 0.8f } };
    /* exp(0.2*3.4657) = 2 */
    float boxes[2][4] = { { 0, 0, 0, 0 }, { 2, -1, 3.4657359f, -3.4657359f } };
    static const float expected[2][4] = {
        { 0.4f, 0.2f, 0.6f, 0.3f }, { 0.18f - 0.4f, 0.82f - 0.2f, 0.18f + 0.4f, 0.82f + 0.2f }
    };
    p2c_rfb_decode(2, priors, boxes);
    for (int i = 0; i < 8; i++)
        assert_true(near(boxes[i / 4][i % 4], expected[i / 4][i % 4], 1e-6));
}

static void square(void **state) {
    (void)state;
    /* as measured: the square has a side of 100 */
    P2cBox b = p2c_rfb_square((P2cBox){ 100, 200, 100 + 94.6, 200 + 131.6 });
    assert_true(near(b.right - b.left, 100, 1e-9) && near(b.bottom - b.top, 100, 1e-9));
    assert_true(near((b.left + b.right) / 2, 147.3 - 1.2, 1e-9) &&
                near((b.top + b.bottom) / 2, 265.8 + 6.7, 1e-9));
}

/* ---- whole detectors ---- */

static P2cImage coloured(int width, int height, int r, int g, int b) {
    P2cImage image;
    assert_works(&(P2cContext){ 0 }, p2c_image_init(NULL, &image, width, height, 3));
    for (int i = 0; i < width * height; i++)
        memcpy(image.pixels + 3 * i, (uint8_t[]){ (uint8_t)r, (uint8_t)g, (uint8_t)b }, 3);
    return image;
}

static void assert_face(const P2cDetection *d, double logit, P2cBox parts, double w, double h) {
    P2cBox b = p2c_rfb_square((P2cBox){ parts.left * w - 0.5, parts.top * h - 0.5,
                                        parts.right * w - 0.5, parts.bottom * h - 0.5 });
    assert_true(near(d->score, 1 / (1 + exp(-logit)), 1e-5));
    assert_true(near(d->box.left, b.left, 1e-3) && near(d->box.top, b.top, 1e-3) &&
                near(d->box.right, b.right, 1e-3) && near(d->box.bottom, b.bottom, 1e-3));
}

static int found_in(P2cDetector *detector, P2cContext *ctx, int w, int h, int r, int g, int b,
                    P2cDetection **found) {
    P2cImage photo = coloured(w, h, r, g, b);
    int count;
    assert_works(ctx, p2c_detector_run(detector, &photo, found, &count));
    p2c_image_clear(&photo);
    return count;
}

/* Corners and probabilities, or offsets and logits: the same faces. */
static void faces(void **state) {
    Scratch *s = *state;
    for (int i = 0; i < 2; i++) {
        P2cDetector *detector;
        P2cDetection *found;
        assert_works(
            s->ctx,
            p2c_detector_open(s->ctx, test_data_path(i ? "face_offsets.onnx" : "face_corners.onnx"),
                              &detector));
        assert_int_equal(found_in(detector, s->ctx, 64, 48, 255, 127, 127, &found), 2);
        assert_face(&found[0], 4, (P2cBox){ 0.25, 0.25, 0.5, 0.75 }, 64, 48);
        assert_face(&found[1], 2, (P2cBox){ 0.6, 0.1, 0.9, 0.5 }, 64, 48);
        free(found);
        /* green hides the second */
        assert_int_equal(found_in(detector, s->ctx, 1000, 300, 255, 255, 0, &found), 1);
        assert_face(&found[0], 4, (P2cBox){ 0.25, 0.25, 0.5, 0.75 }, 1000, 300);
        free(found);
        assert_int_equal(found_in(detector, s->ctx, 1, 1, 127, 127, 255, &found), 0);
        assert_null(found);
        /* 0.7 is the threshold: logits of the first from -6 + 10 (v-127)/128 are 0.797 and 0.875
         * there, 0.847 at the threshold. The third is below. */
        assert_int_equal(found_in(detector, s->ctx, 9, 9, 214, 255, 127, &found), 0);
        assert_int_equal(found_in(detector, s->ctx, 9, 9, 215, 255, 127, &found), 1);
        free(found);
        p2c_detector_close(&detector);
    }
}

static void transparency_is_white(void **state) {
    Scratch *s = *state;
    P2cDetector *detector;
    P2cDetection *found;
    int count;
    P2cImage photo;
    assert_works(s->ctx, p2c_detector_open(s->ctx, test_data_path("face_corners.onnx"), &detector));
    /* white counts as no face, although it is red, too */
    assert_works(s->ctx, p2c_image_init(s->ctx, &photo, 40, 30, 4));
    assert_works(s->ctx, p2c_detector_run(detector, &photo, &found, &count));
    assert_int_equal(count, 1);
    free(found);
    p2c_image_clear(&photo);
    p2c_detector_close(&detector);
}

static void other_networks(void **state) {
    Scratch *s = *state;
    static const struct {
        const char *name, *says;
    } cases[] = {
        { "face_landmarks.onnx", "expected results of shapes (1,n,2), scores, and (1,n,4), boxes" },
        { "face_seg384.onnx",
          "expected an input (1,3,h,w) of at most 4096 a side, got (1,384,384,3)" },
        { "face_few_places.onnx", "offsets from 48 places, but a picture of 32 x 24 has 49" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        P2cDetector *detector;
        assert_int_equal(p2c_detector_open(s->ctx, test_data_path(cases[i].name), &detector),
                         P2C_ERR_FORMAT);
        assert_null(detector);
        assert_error_says(s->ctx, cases[i].says);
        assert_error_says(s->ctx, cases[i].name);
    }
}

const struct CMUnitTest p2c_tests_rfb[] = {
    TEST(priors),        TEST(decoding), TEST(square), TEST(faces), TEST(transparency_is_white),
    TEST(other_networks)
};
const size_t p2c_tests_rfb_count = sizeof p2c_tests_rfb / sizeof *p2c_tests_rfb;

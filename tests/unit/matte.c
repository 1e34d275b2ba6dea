/* matte.c: the input of each supported network, and how its answer is read, with 1 x 1 convolutions
 * (make_face_fixtures.py). */
#include "drawn.h"
#include "face/face.h"

#include <math.h>
#include <string.h>

static double logistic(double v) { return 1 / (1 + exp(-v)); }

/* Alpha for a colour, by the papers' preprocessing and the fixtures' weights. */
static double sinet(const double v[3]) {
    double b = (v[2] - 107.304565) / 63.97182 / 255, g = (v[1] - 115.69884) / 65.1337 / 255,
           r = (v[0] - 132.35703) / 68.29726 / 255;
    return logistic(300 * b - 500 * g + 700 * r + 0.5);
}

static double deeplab(const double v[3]) {
    double r = v[0] / 127.5 - 1, g = v[1] / 127.5 - 1, b = v[2] / 127.5 - 1;
    return logistic((-r + 2 * g + 3 * b) - (r - b + 0.25));
}

static double seg384(const double v[3]) {
    return logistic((3 * v[0] - 4 * v[1] + 5 * v[2]) / 255 - 1);
}
static double logit(const double v[3]) {
    return logistic((6 * v[0] - 9 * v[1] + 12 * v[2]) / 255 - 3);
}
static double pair(const double v[3]) {
    return logistic(((3 * v[0] + v[1] - v[2]) - (v[0] + 2 * v[1] + 3 * v[2])) / 255);
}

static const struct {
    const char *name;
    int side;
    double (*alpha)(const double v[3]);
} cases[] = {
    { "face_sinet.onnx", 320, sinet },   { "face_deeplab.onnx", 16, deeplab },
    { "face_seg384.onnx", 384, seg384 }, { "face_logit.onnx", 8, logit },
    { "face_pair.onnx", 8, pair },       { "face_last.onnx", 8, pair },
};

/* Four quarters, each of a colour. */
static const uint8_t colours[4][3] = {
    { 250, 30, 90 }, { 10, 200, 120 }, { 60, 40, 220 }, { 128, 128, 20 }
};

static P2cImage quarters(int side, int channels) {
    P2cImage image;
    assert_works(&(P2cContext){ 0 }, p2c_image_init(NULL, &image, side, side, channels));
    for (int i = 0; i < side * side; i++) {
        uint8_t *p = image.pixels + (size_t)i * (size_t)channels;
        memcpy(p, colours[2 * (i / side >= side / 2) + (i % side >= side / 2)], 3);
        if (channels == 4) p[3] = 255;
    }
    return image;
}

static void assert_alpha(const float *alpha, int side, double (*expected)(const double v[3])) {
    for (int q = 0; q < 4; q++) {
        int y = q / 2 * (side / 2) + side / 4, x = q % 2 * (side / 2) + side / 4;
        double v[3] = { colours[q][0], colours[q][1], colours[q][2] }, want = expected(v),
               got = alpha[y * side + x];
        if (!(fabs(want - got) < 2e-4)) fail_msg("quarter %d: alpha %g, expected %g", q, got, want);
    }
}

/* Reduced, enlarged, and as it is. */
static void known_networks(void **state) {
    Scratch *s = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int k = 1; k <= 3; k++) {
            P2cMatte *matte;
            const float *alpha;
            int h, w, side = cases[i].side * k / 2;
            P2cImage crop = quarters(side, k == 3 ? 4 : 3);
            assert_works(s->ctx, p2c_matte_open(s->ctx, test_data_path(cases[i].name), &matte));
            assert_works(s->ctx, p2c_matte_run(matte, &crop, &alpha, &h, &w));
            assert_int_equal(h, cases[i].side);
            assert_int_equal(w, cases[i].side);
            assert_alpha(alpha, w, cases[i].alpha);
            p2c_image_clear(&crop);
            p2c_matte_close(&matte);
            assert_null(matte);
        }
}

static void one_opening_serves_many_crops(void **state) {
    Scratch *s = *state;
    P2cMatte *matte;
    const float *alpha;
    int h, w;
    assert_works(s->ctx, p2c_matte_open(s->ctx, test_data_path("face_pair.onnx"), &matte));
    for (int i = 0; i < 3; i++) {
        P2cImage crop = quarters(16 + 8 * i, 3);
        assert_works(s->ctx, p2c_matte_run(matte, &crop, &alpha, &h, &w));
        assert_alpha(alpha, w, pair);
        for (int k = 0; k < h * w; k++) assert_true(alpha[k] >= 0 && alpha[k] <= 1);
        p2c_image_clear(&crop);
    }
    p2c_matte_close(&matte);
}

static void other_networks(void **state) {
    Scratch *s = *state;
    static const struct {
        const char *name, *says;
    } wrong[] = {
        { "face_three.onnx", "expected a result of one channel, alpha, or two" },
        { "face_landmarks.onnx", "expected a result of one channel, alpha, or two" },
        { "face_two_inputs.onnx",
          "not a supported network for mattes: expected a network with one picture as "
          "its input and 1 to 8 results, got 2 inputs" },
        { "face_batch_of_two.onnx",
          "not a supported network for mattes: expected a network with one picture" },
    };
    P2cMatte *matte;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(p2c_matte_open(s->ctx, test_data_path(wrong[i].name), &matte),
                         P2C_ERR_FORMAT);
        assert_null(matte);
        assert_error_says(s->ctx, wrong[i].says);
        assert_error_says(s->ctx, wrong[i].name);
    }
    assert_int_equal(p2c_matte_open(s->ctx, "/nowhere.onnx", &matte), P2C_ERR_READ);
    assert_null(matte);
}

const struct CMUnitTest p2c_tests_matte[] = { TEST(known_networks),
                                              TEST(one_opening_serves_many_crops),
                                              TEST(other_networks) };
const size_t p2c_tests_matte_count = sizeof p2c_tests_matte / sizeof *p2c_tests_matte;

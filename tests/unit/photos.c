/* photos.c: faces of real photos by real networks, which are not part of this project. Without them
 * the tests print a message and pass.
 *
 * Expected numbers are from onnxruntime, OpenCV and TensorFlow (points, mattes), or from looking at
 * the photos (faces). */
#include "drawn.h"
#include "face/face.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RAW "../shared/data/raw/"
#define MODELS "../shared/models/"

static bool have(const char *const paths[], int count) {
    for (int i = 0; i < count; i++)
        if (!have_file(paths[i])) {
            print_message("SKIPPED: no %s\n", paths[i]);
            return false;
        }
    return true;
}
#define HAVE(...) \
    have((const char *const[]){ __VA_ARGS__ }, \
         (int)(sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *)))

/* x, y: a point in the face (between the eyes, read off by eye) */
typedef struct Seen {
    const char *photo;
    int count;
    double x, y;
} Seen;
static const Seen portraits[] = {
    { RAW "photo_test.jpg", 1, 890, 830 }, { RAW "office_leonard.jpg", 1, 335, 290 },
    { RAW "woman_7026.jpg", 1, 128, 112 }, { RAW "woman_7541.jpg", 1, 128, 112 },
    { RAW "woman_8050.jpg", 1, 124, 112 },
};

static void find_all(P2cContext *ctx, P2cDetector *detector, const Seen *seen, int count) {
    for (int i = 0; i < count; i++) {
        P2cImage photo;
        P2cDetection *found;
        int n;
        assert_works(ctx, p2c_image_read(ctx, seen[i].photo, &photo));
        assert_works(ctx, p2c_detector_run(detector, &photo, &found, &n));
        if (n != seen[i].count) fail_msg("%s: %d faces", seen[i].photo, n);
        const P2cBox *b = &found[0].box;
        if (!(b->left < seen[i].x && seen[i].x < b->right && b->top < seen[i].y &&
              seen[i].y < b->bottom))
            fail_msg("%s: the face is elsewhere", seen[i].photo);
        free(found);
        p2c_image_clear(&photo);
    }
}

static void dlib_finds(void **state) {
    Scratch *s = *state;
    /* the surer one of the two men on chairs; the other people are turned away or look down */
    static const Seen group = { RAW "group_office2.jpg", 2, 905, 150 };
    P2cDetector *detector;
    if (!HAVE(RAW "photo_test.jpg")) return;
    if (p2c_detector_open(s->ctx, NULL, &detector)) {
        assert_error_says(s->ctx, "no dlib");
        print_message("SKIPPED: this build has no dlib\n");
        return;
    }
    find_all(s->ctx, detector, portraits, 5);
    find_all(s->ctx, detector, &group, 1);
    p2c_detector_close(&detector);
}

static void rfb_finds(void **state) {
    Scratch *s = *state;
    static const Seen group = { RAW "group_office2.jpg", 3, 1112, 150 };
    P2cDetector *detector;
    if (!HAVE(RAW "photo_test.jpg", MODELS "facedetect_rfb320.onnx")) return;
    assert_works(s->ctx, p2c_detector_open(s->ctx, MODELS "facedetect_rfb320.onnx", &detector));
    find_all(s->ctx, detector, portraits, 5);
    find_all(s->ctx, detector, &group, 1);
    p2c_detector_close(&detector);
}

/* onnxruntime's corners of this photo are 572.4 459.9 1175.7 1292.6. The expected box is these less
 * half a pixel, made square. Rounding in the reduced photo moves them by a pixel or two. */
static void rfb_agrees_with_onnxruntime(void **state) {
    Scratch *s = *state;
    P2cDetector *detector;
    P2cDetection *found;
    P2cImage photo;
    int count;
    if (!HAVE(RAW "photo_test.jpg", MODELS "facedetect_rfb320.onnx")) return;
    assert_works(s->ctx, p2c_detector_open(s->ctx, MODELS "facedetect_rfb320.onnx", &detector));
    assert_works(s->ctx, p2c_image_read(s->ctx, RAW "photo_test.jpg", &photo));
    assert_works(s->ctx, p2c_detector_run(detector, &photo, &found, &count));
    P2cBox expected = p2c_rfb_square((P2cBox){ 571.9, 459.4, 1175.2, 1292.1 }), got = found[0].box;
    assert_true(fabs(got.left - expected.left) < 4 && fabs(got.top - expected.top) < 4 &&
                fabs(got.right - expected.right) < 4 && fabs(got.bottom - expected.bottom) < 4);
    assert_true(found[0].score > 0.999);
    free(found);
    p2c_image_clear(&photo);
    p2c_detector_close(&detector);
}

static void pfld_agrees_with_onnxruntime(void **state) {
    Scratch *s = *state;
    static const struct {
        int i;
        double x, y;
    } expected[] = {
        { 0, 569.0, 801.0 },  { 8, 935.9, 1288.6 },  { 16, 1196.2, 743.8 }, { 30, 907.9, 951.1 },
        { 36, 677.8, 796.3 }, { 45, 1093.3, 759.6 }, { 48, 779.3, 1080.9 }, { 54, 1044.9, 1056.7 },
    };
    P2cLandmarker *landmarker;
    P2cPoint points[P2C_LANDMARKS];
    P2cImage photo;
    if (!HAVE(RAW "photo_test.jpg", MODELS "landmarks68_pfld.onnx")) return;
    assert_works(s->ctx, p2c_landmarker_open(s->ctx, MODELS "landmarks68_pfld.onnx", &landmarker));
    assert_works(s->ctx, p2c_image_read(s->ctx, RAW "photo_test.jpg", &photo));
    assert_works(s->ctx,
                 p2c_landmarker_run(landmarker, &photo, (P2cBox){ 540, 620, 1258, 1338 }, points));
    for (size_t k = 0; k < sizeof expected / sizeof *expected; k++) {
        P2cPoint p = points[expected[k].i];
        if (!(hypot(p.x - expected[k].x, p.y - expected[k].y) < 2))
            fail_msg("point %d: %g, %g", expected[k].i, p.x, p.y);
    }
    assert_true(p2c_landmarker_doubt(landmarker) < 0.02);
    for (int i = 0, j = photo.width * photo.height - 1; i < j; i++, j--) { /* upside down */
        uint8_t *a = photo.pixels + 3 * i, *b = photo.pixels + 3 * j, kept[3];
        memcpy(kept, a, 3), memcpy(a, b, 3), memcpy(b, kept, 3);
    }
    P2cBox turned = { photo.width - 1258, photo.height - 1338, photo.width - 540,
                      photo.height - 620 };
    assert_works(s->ctx, p2c_landmarker_run(landmarker, &photo, turned, points));
    assert_true(p2c_landmarker_doubt(landmarker) > 0.035);
    p2c_image_clear(&photo);
    p2c_landmarker_close(&landmarker);
}

static void mattes_agree_with_their_makers(void **state) {
    Scratch *s = *state;
    static const struct {
        const char *path;
        int side;
        double mean;
    } cases[] = {
        /* by onnxruntime, by TensorFlow */
        { MODELS "portraitseg_sinet.onnx", 320, 0.45832 },
        { MODELS "portraitseg_deeplab_nchw.pb", 513, 0.45718 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        P2cMatte *matte;
        P2cImage photo;
        const float *alpha;
        int h, w;
        if (!HAVE(RAW "photo_test.jpg", cases[i].path)) continue;
        assert_works(s->ctx, p2c_matte_open(s->ctx, cases[i].path, &matte));
        assert_works(s->ctx, p2c_image_read(s->ctx, RAW "photo_test.jpg", &photo));
        assert_works(s->ctx, p2c_matte_run(matte, &photo, &alpha, &h, &w));
        assert_int_equal(w, cases[i].side);
        assert_int_equal(h, cases[i].side);
        double sum = 0;
        for (int k = 0; k < w * h; k++) sum += alpha[k];
        if (!(fabs(sum / (w * h) - cases[i].mean) < 2e-3))
            fail_msg("%s: mean %g", cases[i].path, sum / (w * h));
        assert_true(alpha[h / 2 * w + w / 2] > 0.99 && alpha[h / 25 * w + w / 25] < 0.01);
        p2c_image_clear(&photo);
        p2c_matte_close(&matte);
    }
}

/* ---- the built-in networks, compared with the others ---- */

static P2cPreparer *preparer_with(P2cContext *ctx, const char *landmarks, const char *matte) {
    P2cPreparer *preparer;
    assert_works(ctx,
                 p2c_preparer_open(ctx,
                                   &(P2cPreparerOptions){
                                       .detector = "dlib", .landmarks = landmarks, .matte = matte },
                                   &preparer));
    return preparer;
}

static P2cFace largest_face(P2cContext *ctx, P2cPreparer *preparer, const P2cImage *photo) {
    P2cFace *faces, face;
    int count;
    assert_works(ctx, p2c_preparer_find(preparer, photo, &faces, &count));
    assert_true(count > 0);
    face = faces[0];
    free(faces);
    return face;
}

static void built_in_points(void **state) {
    Scratch *s = *state;
    P2cDetector *detector;
    if (!HAVE(RAW "photo_test.jpg", MODELS "landmarks68_pfld.onnx") ||
        p2c_detector_open(s->ctx, NULL, &detector))
        return;
    p2c_detector_close(&detector);
    P2cPreparer *own = preparer_with(s->ctx, "built-in", "none"),
                *theirs = preparer_with(s->ctx, MODELS "landmarks68_pfld.onnx", "none");
    for (int i = 0; i < 5; i++) {
        P2cImage photo;
        assert_works(s->ctx, p2c_image_read(s->ctx, portraits[i].photo, &photo));
        P2cFace a = largest_face(s->ctx, own, &photo), b = largest_face(s->ctx, theirs, &photo);
        double off = 0, eyes = hypot(b.landmarks[45].x - b.landmarks[36].x,
                                     b.landmarks[45].y - b.landmarks[36].y);
        for (int k = 0; k < P2C_LANDMARKS; k++)
            off += hypot(a.landmarks[k].x - b.landmarks[k].x, a.landmarks[k].y - b.landmarks[k].y) /
                   P2C_LANDMARKS / eyes;
        if (!(off < 0.05 && fabs(a.angle - b.angle) < 2))
            fail_msg("%s: off by %g, angles %g and %g", portraits[i].photo, off, a.angle, b.angle);
        p2c_image_clear(&photo);
    }
    p2c_preparer_close(&own);
    p2c_preparer_close(&theirs);
}

/* Of the upper two fifths, the head down to the cheeks; below that, SINet includes more of the
 * clothes. */
static double head_in_common(const P2cImage *a, const P2cImage *b) {
    double both = 0, either = 0;
    for (int i = 0; i < a->width * a->height * 2 / 5; i++) {
        bool in_a = a->pixels[4 * i + 3] > 127, in_b = b->pixels[4 * i + 3] > 127;
        both += in_a && in_b;
        either += in_a || in_b;
    }
    return both / either;
}

static void built_in_mattes(void **state) {
    Scratch *s = *state;
    P2cDetector *detector;
    if (!HAVE(RAW "photo_test.jpg", MODELS "portraitseg_sinet.onnx") ||
        p2c_detector_open(s->ctx, NULL, &detector))
        return;
    p2c_detector_close(&detector);
    P2cPreparer *own = preparer_with(s->ctx, "built-in", "built-in"),
                *theirs = preparer_with(s->ctx, "built-in", MODELS "portraitseg_sinet.onnx");
    for (int i = 0; i < 5; i++) {
        P2cImage photo;
        P2cPortrait a, b;
        assert_works(s->ctx, p2c_image_read(s->ctx, portraits[i].photo, &photo));
        P2cFace face = largest_face(s->ctx, own, &photo);
        assert_works(s->ctx, p2c_preparer_cut(own, &photo, &face, &a));
        assert_works(s->ctx, p2c_preparer_cut(theirs, &photo, &face, &b));
        double common = head_in_common(&a.picture, &b.picture);
        if (!(common > 0.93)) fail_msg("%s: %g in common", portraits[i].photo, common);
        p2c_portrait_clear(&a);
        p2c_portrait_clear(&b);
        p2c_image_clear(&photo);
    }
    p2c_preparer_close(&own);
    p2c_preparer_close(&theirs);
}

const struct CMUnitTest p2c_tests_photos[] = {
    TEST(dlib_finds),
    TEST(rfb_finds),
    TEST(rfb_agrees_with_onnxruntime),
    TEST(pfld_agrees_with_onnxruntime),
    TEST(mattes_agree_with_their_makers),
    TEST(built_in_points),
    TEST(built_in_mattes),
};
const size_t p2c_tests_photos_count = sizeof p2c_tests_photos / sizeof *p2c_tests_photos;

/* dlib.cc: a C interface to dlib's face detector. This is the only C++ of the library; no exception
 * leaves it.
 *
 * The detector computes histograms of oriented gradients on a pyramid of 5/6 and applies five
 * linear filters of 80 x 80 pixels (King 2015, "Max-Margin Object Detection"; Dalal 2005). Its
 * boxes are square, from the brows to below the mouth, and at least about 80 pixels wide. */
#include "face.h"

#ifdef P2C_DLIB
/* dlib's settings, which say that it was built with BLAS and LAPACK. The detector needs them only
 * to decompose small filters, which dlib also does by itself. */
#include <dlib/assert.h>
#include <dlib/test_for_odr_violations.h>
#undef DLIB_USE_BLAS
#undef DLIB_USE_LAPACK

#include <dlib/array2d.h>
#include <dlib/image_processing/frontal_face_detector.h>

#include <cstdlib>
#include <cstring>
#include <vector>

struct P2cDlib {
    dlib::frontal_face_detector detector;
};

int p2c_dlib_open(P2cDlib **out) try {
    *out = nullptr;
    *out = new P2cDlib{ dlib::get_frontal_face_detector() };
    return 0;
} catch (...) { return -1; }

void p2c_dlib_close(P2cDlib **dlib) {
    delete *dlib;
    *dlib = nullptr;
}

/* dlib counts whole pixels, the last one included. Here a box ends at the edges of pixels, and
 * (0,0) is the middle of the first pixel. */
static P2cDetection detection(const dlib::rect_detection &d) {
    return { { d.rect.left() - 0.5, d.rect.top() - 0.5, d.rect.right() + 0.5,
               d.rect.bottom() + 0.5 },
             d.detection_confidence };
}

int p2c_dlib_detect(P2cDlib *dlib, const uint8_t *grey, int width, int height, P2cDetection **found,
                    int *count) try {
    *found = nullptr;
    *count = 0;
    dlib::array2d<unsigned char> picture(height, width);
    for (int y = 0; y < height; y++)
        std::memcpy(&picture[y][0], grey + (size_t)y * (size_t)width, (size_t)width);
    std::vector<dlib::rect_detection> all;
    dlib->detector(picture, all);
    if (all.empty()) return 0;
    *found = (P2cDetection *)std::malloc(all.size() * sizeof **found);
    if (!*found) return -1;
    for (const dlib::rect_detection &d : all) (*found)[(*count)++] = detection(d);
    return 0;
} catch (...) { return -1; }

#else

int p2c_dlib_open(P2cDlib **out) {
    *out = nullptr;
    return -2;
}

void p2c_dlib_close(P2cDlib **) {}

int p2c_dlib_detect(P2cDlib *, const uint8_t *, int, int, P2cDetection **found, int *count) {
    *found = nullptr;
    *count = 0;
    return -2;
}

#endif

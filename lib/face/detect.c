/* detect.c: finds the boxes of upright faces in a photo, by dlib's built-in detector or by a
 * network.
 *
 * dlib's detector finds faces of about 80 pixels and more, 70 at best. So the photo is doubled
 * first, but to at most 1800 pixels a side; larger photos are reduced to that. A face of a
 * twentieth of the photo is still found, and time (0.2 s) and memory (100 MB) stay bounded. */
#include "face.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ENLARGED = 2, LONGEST_SIDE = 1800 };
static const double OVERLAP = 0.3;

struct P2cDetector {
    P2cContext *ctx;
    P2cDlib *dlib; /* exactly one of the two is set */
    P2cRfb *rfb;
};

/* ---- duplicates ---- */

static int surer(const void *a, const void *b) {
    const P2cDetection *x = a, *y = b;
    if (x->score != y->score) return x->score > y->score ? -1 : 1;
    /* qsort is not stable, so ties are broken by position */
    if (x->box.left != y->box.left) return x->box.left < y->box.left ? -1 : 1;
    return (x->box.top > y->box.top) - (x->box.top < y->box.top);
}

static double area(P2cBox b) { return fmax(b.right - b.left, 0) * fmax(b.bottom - b.top, 0); }

static double overlap(P2cBox a, P2cBox b) {
    P2cBox both = { fmax(a.left, b.left), fmax(a.top, b.top), fmin(a.right, b.right),
                    fmin(a.bottom, b.bottom) };
    double shared = area(both), all = area(a) + area(b) - shared;
    return all > 0 ? shared / all : 0;
}

int p2c_detections_thin(P2cDetection *found, int count) {
    int kept = 0;
    if (count > 1) qsort(found, (size_t)count, sizeof *found, surer);
    for (int i = 0; i < count; i++) {
        int j = 0;
        while (j < kept && overlap(found[i].box, found[j].box) <= OVERLAP) j++;
        if (j == kept) found[kept++] = found[i];
    }
    return kept;
}

/* ---- dlib's ---- */

static P2cStatus fail_dlib(P2cContext *ctx, int code) {
    if (code == -2)
        return p2c_fail(
            ctx, P2C_ERR_ARGUMENT,
            "face detector: this build has no dlib (DLIB=0); give an ONNX face detector, such as "
            "version-RFB-320.onnx of Ultra-Light-Fast-Generic-Face-Detector-1MB");
    return p2c_fail(ctx, P2C_ERR_MEMORY, "face detector: out of memory in dlib");
}

/* scaled: a new opaque picture of the size for dlib */
static P2cStatus fit(P2cContext *ctx, const P2cImage *photo, P2cImage *scaled) {
    double scale =
        fmin(MOST_ENLARGED,
             (double)LONGEST_SIDE / (photo->width > photo->height ? photo->width : photo->height));
    int width = (int)fmax(1, round(photo->width * scale)),
        height = (int)fmax(1, round(photo->height * scale));
    P2cStatus status = p2c_image_resize(ctx, photo, width, height,
                                        scale < 1 ? P2C_FILTER_AREA : P2C_FILTER_BILINEAR, scaled);
    if (!status) p2c_image_over_white(scaled);
    return status;
}

/* In place: the luma (BT.601) of the pixels goes into the first third of their bytes. */
static void grey(P2cImage *image) {
    size_t n = (size_t)image->width * (size_t)image->height;
    const uint8_t *p = image->pixels;
    for (size_t i = 0; i < n; i++, p += 3)
        image->pixels[i] = (uint8_t)((77 * p[0] + 150 * p[1] + 29 * p[2] + 128) >> 8);
}

/* Positions are the middles of pixels, but it is pixel edges, half a pixel further, that scale. */
static double rescaled(double v, double scale) { return (v + 0.5) * scale - 0.5; }

static P2cStatus run_dlib(P2cDetector *d, const P2cImage *photo, P2cDetection **found, int *count) {
    P2cImage scaled = { 0 };
    P2cStatus status = fit(d->ctx, photo, &scaled);
    if (status) return status;
    grey(&scaled);
    int code = p2c_dlib_detect(d->dlib, scaled.pixels, scaled.width, scaled.height, found, count);
    double across = (double)photo->width / scaled.width,
           down = (double)photo->height / scaled.height;
    for (int i = 0; !code && i < *count; i++) {
        P2cBox *b = &(*found)[i].box;
        *b = (P2cBox){ rescaled(b->left, across), rescaled(b->top, down),
                       rescaled(b->right, across), rescaled(b->bottom, down) };
    }
    if (!code) *count = p2c_detections_thin(*found, *count);
    p2c_image_clear(&scaled);
    return code ? fail_dlib(d->ctx, code) : P2C_OK;
}

/* ---- both ---- */

P2cStatus p2c_detector_open(P2cContext *ctx, const char *path, P2cDetector **out) {
    *out = NULL;
    P2cDetector *d = calloc(1, sizeof *d);
    if (!d) return p2c_fail_memory(ctx, "the face detector", sizeof *d);
    d->ctx = ctx;
    P2cStatus status = P2C_OK;
    if (path && strcmp(path, "dlib")) {
        status = p2c_rfb_open(ctx, path, &d->rfb);
    } else {
        int code = p2c_dlib_open(&d->dlib);
        if (code) status = fail_dlib(ctx, code);
    }
    if (status) p2c_detector_close(&d);
    *out = d;
    return status;
}

void p2c_detector_close(P2cDetector **detector) {
    P2cDetector *d = *detector;
    if (!d) return;
    if (d->dlib) p2c_dlib_close(&d->dlib);
    p2c_rfb_close(&d->rfb);
    free(d);
    *detector = NULL;
}

P2cStatus p2c_detector_run(P2cDetector *d, const P2cImage *photo, P2cDetection **found,
                           int *count) {
    *found = NULL;
    *count = 0;
    P2cStatus status =
        d->dlib ? run_dlib(d, photo, found, count) : p2c_rfb_run(d->rfb, photo, found, count);
    if (!status && *count) return P2C_OK;
    free(*found);
    *found = NULL;
    *count = 0;
    return status;
}
